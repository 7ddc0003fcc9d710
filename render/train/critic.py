"""Stage `critic`: two small CLIPs on thumbnails of the records, one to stand beside the show and one to judge.

Both learn which caption belongs to which picture (Radford et al. 2021, arXiv:2103.00020). Because captions and pictures
come from the same parameters, linear heads on both towers' vectors also name these: that is a hundred times as much to
learn from per picture, and it draws the towers together. The heads are left behind. And every picture is named by words
alone, as it will be when the critic stands beside the show: among all subjects, colours and styles, said as captions
say them. A batch holds each subject once or twice, so matching captions alone hardly tells one subject from another.
"""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import open_clip
import torch
import torch.nn.functional as functional
from safetensors.torch import load_file, save_file
from torch import Tensor

from render.atelier.captions import caption
from render.atelier.colours import BY_FAMILY, COLOURS
from render.atelier.styles import STYLES
from render.atelier.subjects import SUBJECTS
from render.critics.clip import CONFIG, WEIGHTS
from render.train.latents import THUMBNAIL, Shelf, open_thumbnails
from render.train.networks import END, TOKENS
from render.train.run import CHECKPOINT_SECONDS, Run, Settings, set_rate
from render.train.text import Heads, labels_of
from render.train.words import build_table, load_tokenizer

_RATE = 1.5e-3
_BATCH = 192
_FEWEST_PIECES = 8000
_SHARPEST = 60.0


@dataclass(frozen=True)
class Plan:
    """What a critic is made of: its folder's name, the image tower, the width of its words, and its random numbers."""

    name: str
    vision: dict[str, Any]
    words: int
    seed: int


PLANS = (
    Plan("critic", {"layers": [1, 2, 2, 1], "width": 16, "head_width": 32, "image_size": THUMBNAIL}, 96, 1),
    Plan(
        "second-critic",
        {"timm_model_name": "regnetx_002", "timm_pool": "", "timm_proj": "linear", "image_size": THUMBNAIL},
        64,
        2,
    ),
)


def configuration(plan: Plan, pieces: int) -> dict[str, Any]:
    """The open_clip_config.json of a critic that knows so many word pieces."""
    text = {
        "context_length": TOKENS,
        "vocab_size": pieces,
        "hf_tokenizer_name": plan.name,
        "width": plan.words,
        "heads": 4,
        "layers": 2,
        "pool_type": "eos",
        "eos_id": END,
    }
    preprocess = {
        "size": THUMBNAIL,
        "mode": "RGB",
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "interpolation": "bilinear",
        "resize_mode": "squash",
    }
    model = {"embed_dim": 128, "vision_cfg": dict(plan.vision), "text_cfg": text, "custom_text": True}
    return {"model_cfg": model, "preprocess_cfg": preprocess}


class Pupil:
    """One critic in training: its towers, heads and optimizer."""

    def __init__(self, plan: Plan, settings: Settings, folder: Path) -> None:
        self.plan, self.folder = plan, folder
        table = _table(plan, settings, folder)
        (folder / CONFIG).write_text(json.dumps(configuration(plan, len(table)), indent=1) + "\n", encoding="utf-8")
        self.model = open_clip.create_model(f"local-dir:{folder}", load_weights=False).to(settings.machine.device)
        self.model.text.token_embedding.weight.data.copy_(table)
        self.model.text.token_embedding.requires_grad_(False)
        self.tokenizer = load_tokenizer(folder)
        shipped = settings.out / plan.name / WEIGHTS
        if settings.resume and shipped.exists():
            self.model.load_state_dict({name: value.float() for name, value in load_file(shipped).items()})
        self.heads = Heads(128).to(settings.machine.device)
        taught = [p for p in [*self.model.parameters(), *self.heads.parameters()] if p.requires_grad]
        self.optimizer = torch.optim.AdamW(taught, _RATE, betas=(0.9, 0.98), weight_decay=0.05, foreach=True)
        self.taught = taught

    def checkpoint(self, run: Run) -> None:
        """Write all that training goes on from."""
        run.save(
            {
                "model": self.model.state_dict(),
                "heads": self.heads.state_dict(),
                "optimizer": self.optimizer.state_dict(),
            }
        )

    def write(self) -> None:
        """Write the weights in float16, as open_clip reads them."""
        weights = {
            name: value.half().contiguous() if value.is_floating_point() else value
            for name, value in self.model.state_dict().items()
        }
        save_file(weights, self.folder / WEIGHTS)


def _table(plan: Plan, settings: Settings, folder: Path) -> Tensor:
    """The word table (pieces, width); writes the tokenizer into `folder`. Of a finished critic when resuming.

    Its columns are principal components in order, so the first ones of a wider table are a narrower one.
    """
    finished = [settings.out / name for name in (plan.name, PLANS[0].name) if (settings.out / name / WEIGHTS).exists()]
    if not settings.resume or not finished:
        return build_table(folder, settings.machine, plan.words, _FEWEST_PIECES)
    load_tokenizer(finished[0]).save_pretrained(folder)
    table: Tensor = load_file(finished[0] / WEIGHTS)["text.token_embedding.weight"]
    return table[:, : plan.words].float().to(settings.machine.device)


def augmented(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) uint8 as -1..1 with a little of everything that must not matter."""
    unit = pictures.float() / 127.5 - 1
    bright = 1 + 0.12 * torch.randn(len(unit), 1, 1, 1, device=unit.device)
    shift = [int(torch.randint(-5, 6, ())) for _ in range(2)]
    moved = functional.pad(unit, (5, 5, 5, 5), mode="replicate")
    side = unit.shape[-1]
    moved = moved[..., 5 + shift[0] : 5 + shift[0] + side, 5 + shift[1] : 5 + shift[1] + side]
    return (moved * bright + 0.06 * torch.randn_like(unit)).clamp(-1.2, 1.2)


def names(chooser: random.Random) -> tuple[list[str], list[int]]:
    """One phrase for every subject, family of colours and style, in this order, and how many there are of each."""
    subjects = [chooser.choice(subject.words) for subject in SUBJECTS]
    families = [COLOURS[chooser.choice(places)].name for places in BY_FAMILY]
    styles = [chooser.choice(style.words) or "a picture" for style in STYLES]
    return subjects + families + styles, [len(subjects), len(families), len(styles)]


def naming_loss(likeness: Tensor, counts: list[int], classes: Tensor) -> tuple[Tensor, Tensor]:
    """How far pictures are from their names: loss, and the share rightly named as subject, colour and style, (3,).

    `likeness` (B, sum(counts)) is scaled as for matching; `classes` (B, heads) are those of `labels_of`. Pictures whose
    colour no caption says are not asked for it.
    """
    loss, right = likeness.new_zeros(()), []
    for column, scores in enumerate(torch.split(likeness, counts, 1)):
        wanted = classes[:, column]
        said = wanted < counts[column]
        loss = loss + functional.cross_entropy(scores[said], wanted[said])
        right.append((scores.argmax(1) == wanted)[said].float().mean())
    return loss, torch.stack(right)


def _learn(pupil: Pupil, shelf: Shelf, settings: Settings, chooser: random.Random) -> tuple[float, Tensor]:
    """One step; returns the loss of matching and the share of pictures that words named rightly."""
    device = settings.machine.device
    count = min(_BATCH, settings.batch * 4)
    rows = [chooser.randrange(len(shelf.parameters)) for _ in range(count)]
    parameters = [shelf.parameters[row] for row in rows]
    pictures = augmented(shelf.rows[torch.tensor(rows)].to(device))
    phrases, counts = names(chooser)
    words = pupil.tokenizer(
        [caption(p, chooser) for p in parameters] + phrases,
        padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt",
    ).input_ids.to(device)  # fmt: skip
    with settings.machine.cast():
        seen = pupil.model.encode_image(pictures, normalize=True).float()
        read = pupil.model.encode_text(words, normalize=True).float()
    sharp = pupil.model.logit_scale.exp().clamp(max=_SHARPEST)
    read, named_by = read[:count], read[count:]
    likeness = sharp * seen @ read.T
    right = torch.arange(count, device=device)
    match = (functional.cross_entropy(likeness, right) + functional.cross_entropy(likeness.T, right)) / 2
    classes, shades = labels_of(parameters, device)
    naming, named = naming_loss(sharp * seen @ named_by.T, counts, classes)
    by_sight, _ = pupil.heads(seen * 8, classes, shades)
    by_words, _ = pupil.heads(read * 8, classes, shades)
    loss = match + naming + 0.5 * (by_sight + by_words)
    pupil.optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(pupil.taught, 1.0, foreach=True)
    pupil.optimizer.step()
    return float(match.item()), named


def train_critics(settings: Settings) -> None:
    """Train both critics, half of the time each; their folders in the work folder hold them."""
    shelf = open_thumbnails(settings)
    for plan in PLANS:
        torch.manual_seed(plan.seed)
        _train_one(plan, shelf, replace(settings, minutes=settings.minutes / len(PLANS)))


def _train_one(plan: Plan, shelf: Shelf, settings: Settings) -> None:
    run, chooser = Run(plan.name, settings), random.Random(plan.seed)
    folder = run.path(plan.name)
    folder.mkdir(exist_ok=True)
    pupil = Pupil(plan, settings, folder)
    if state := run.load():
        pupil.model.load_state_dict(state["model"])
        pupil.heads.load_state_dict(state["heads"])
        pupil.optimizer.load_state_dict(state["optimizer"])
    figures = ""
    while run.going():
        cooling = 0.5 + 0.5 * math.cos(math.pi * run.fraction)
        set_rate(pupil.optimizer, _RATE * min(1.0, (run.steps + 1) / 100) * cooling + 1e-6)
        match, named = _learn(pupil, shelf, settings, chooser)
        run.steps += 1
        figures = f"match {match:.2f}, subject {named[0]:.2f}, colour {named[1]:.2f}, style {named[2]:.2f}"
        run.tick(figures)
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            pupil.checkpoint(run)
    pupil.checkpoint(run)
    pupil.write()
    run.say(figures)
    run.close()
