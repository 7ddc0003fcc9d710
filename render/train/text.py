"""Stage `text`: a small text tower that is taught to name what captions describe."""

from __future__ import annotations

import random
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from transformers import CLIPTextModel

from render.atelier.captions import caption
from render.atelier.colours import COLOURS, FAMILIES
from render.atelier.parameters import Parameters, batch_parameters
from render.atelier.styles import STYLES
from render.atelier.subjects import SUBJECTS
from render.train.networks import END, TOKENS, WORD_WIDTH, freeze, make_text_encoder
from render.train.run import CHECKPOINT_SECONDS, Run, Settings, finished, read_checkpoint, set_rate
from render.train.words import build_table, load_tokenizer, tokenize

_UNSAID = len(FAMILIES)
_HEADS = (
    ("subject", len(SUBJECTS), 1.0),
    ("family", len(FAMILIES) + 1, 1.0),
    ("style", len(STYLES), 0.5),
    ("day", 2, 0.3),
    ("near", 2, 0.3),
    ("number", 4, 0.3),
    ("place", 3, 0.2),
)
_SHADE_WEIGHT = 4.0


def _start(settings: Settings) -> Any:
    """The tower to teach; writes the tokenizer into the work folder. From the finished model when resuming, else anew.

    The word table is never written down by itself, so a checkpoint alone is not enough.
    """
    target, device = settings.work / "tokenizer", settings.machine.device
    folder = settings.out / "text_encoder"
    if not settings.resume or not (folder / "model.safetensors").exists():
        return make_text_encoder(build_table(target, settings.machine)).to(device)
    load_tokenizer(settings.out / "tokenizer").save_pretrained(target)
    ours = CLIPTextModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    model = make_text_encoder(ours.get_input_embeddings().weight.detach())
    model.load_state_dict(ours.state_dict())
    return model.to(device)


class Heads(nn.Module):
    """Linear heads that name the parameters of a record, and the shade of its colour, from one vector."""

    def __init__(self, width: int = WORD_WIDTH) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(width, classes) for _, classes, _ in _HEADS)
        self.shade = nn.Linear(width, 3)

    def forward(self, vector: Tensor, labels: Tensor, shades: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted loss over all heads, and the accuracy of each naming one, (heads,); labels (B, heads) int."""
        said = (labels[:, 1] != _UNSAID).float()[:, None]
        loss = _SHADE_WEIGHT * ((self.shade(vector) - shades).square() * said).mean()
        right = []
        for column, head in enumerate(self.heads):
            scores = head(vector)
            loss = loss + _HEADS[column][2] * functional.cross_entropy(scores, labels[:, column])
            right.append((scores.argmax(1) == labels[:, column]).float().mean())
        return loss, torch.stack(right)


def labels_of(parameters: list[Parameters], device: torch.device) -> tuple[Tensor, Tensor]:
    """Class of every head (B, heads), and the main colour's sRGB (B, 3)."""
    rows = []
    for p in parameters:
        unsaid = p.natural or STYLES[p.style].name == "monochrome"
        family = _UNSAID if unsaid else p.family
        rows.append([p.subject, family, p.style, p.day, p.near, p.number, p.place])
    shades = torch.tensor([COLOURS[p.main].rgb for p in parameters], device=device)
    return torch.tensor(rows, device=device), shades


def _spot(ids: Tensor) -> Tensor:
    """A token place per caption, at or after its end mark: those alone have read all of it, (B,)."""
    last = (ids == END).int().argmax(1)
    return last + (torch.rand(len(ids), device=ids.device) * (TOKENS - last)).long()


def train_text(settings: Settings) -> None:
    """Teach the tower; the checkpoint holds `model`, the work folder the tokenizer."""
    run, chooser = Run("text", settings), random.Random(settings.seed)
    model = _start(settings)
    tokenizer = load_tokenizer(settings.work / "tokenizer")
    heads = Heads().to(settings.machine.device)
    taught = [p for p in [*model.parameters(), *heads.parameters()] if p.requires_grad]
    optimizer = torch.optim.AdamW(taught, 2e-3, weight_decay=0.01)
    if state := run.load():
        model.load_state_dict(state["model"])
        heads.load_state_dict(state["heads"])
    blur = model.get_input_embeddings().register_forward_hook(lambda _m, _i, out: out + 0.07 * torch.randn_like(out))
    figures = ""
    while run.going():
        set_rate(optimizer, 2e-3 * min(1.0, (run.steps + 1) / 40) * (1 - run.fraction) + 1e-5)
        batches = [batch_parameters(chooser.randrange(1 << 30), settings.seed) for _ in range(settings.batch)]
        chosen = [p for batch in batches for p in batch[:4]]
        ids = tokenize(tokenizer, [caption(p, chooser) for p in chosen], settings.machine.device)
        labels, shades = labels_of(chosen, ids.device)
        hidden = model(ids).last_hidden_state
        loss = heads(hidden.mean(1), labels, shades)[0]
        # Any token after the end mark must be able to tell all of the caption.
        spot_loss, right = heads(hidden[torch.arange(len(ids), device=ids.device), _spot(ids)], labels, shades)
        loss = loss + spot_loss
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        run.steps += 1
        shares = zip(_HEADS, right.tolist(), strict=True)
        figures = f"loss {loss.item():.3f}, " + ", ".join(f"{name} {share:.2f}" for (name, _, _), share in shares)
        run.tick(figures)
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            run.save({"model": model.state_dict(), "heads": heads.state_dict()})
    blur.remove()
    run.save({"model": model.state_dict(), "heads": heads.state_dict()})
    run.path("words.pt").unlink(missing_ok=True)  # it is of the tower before this one
    run.say(figures)
    run.close()


def load_text(settings: Settings) -> tuple[Any, Any]:
    """The taught tower, frozen, and its tokenizer: with unknown words led to known ones if that stage has run."""
    stage = "words" if (settings.work / "words.pt").exists() else "text"
    if folder := finished(settings, stage, "text_encoder"):
        tower = CLIPTextModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
        return freeze(tower.to(settings.machine.device)), load_tokenizer(settings.out / "tokenizer")
    weights = read_checkpoint(settings, stage)["model"]
    tokenizer = load_tokenizer(settings.work / "tokenizer")
    model = make_text_encoder(torch.zeros(len(tokenizer), WORD_WIDTH)).to(settings.machine.device)
    model.load_state_dict(weights)
    return freeze(model), tokenizer
