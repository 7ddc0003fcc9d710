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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
import torch.nn.functional as functional
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from render.atelier.colours import BY_FAMILY, COLOURS
from render.atelier.styles import STYLES
from render.atelier.subjects import SUBJECTS
from render.critics.clip import CONFIG, WEIGHTS
from render.train.latents import THUMBNAIL, Library, Shelf
from render.train.muon import Muon
from render.train.networks import END, TOKENS
from render.train.run import CHECKPOINT_SECONDS, Run, Settings, set_rate
from render.train.text import Heads, load_text
from render.train.words import PLAIN, load_tokenizer, narrow_table, places_of, tokenize

_RATE = 1.5e-3
_BATCH = 192
_FREQUENT_PIECES = 8000
_SHARPEST = 60.0
_LIGHT, _GRAIN = 0.05, 0.06
"""How far training varies the light of pictures, and the most grain that it puts on them, of -1..1."""
_ENDS = ("0.visual.conv1", "1.")
_TABLE = "text.token_embedding.weight"


@dataclass(frozen=True)
class Plan:
    """What a critic is made of: its folder's name, the image tower, the width of its words, and its random numbers."""

    name: str
    vision: dict[str, Any]
    words: int
    seed: int


PLANS = (
    Plan("critic", {"layers": [2, 3, 5, 2], "width": 16, "head_width": 32, "image_size": THUMBNAIL}, 64, 1),
    Plan(
        "second-critic",
        {"timm_model_name": "resnet10t", "timm_pool": "", "timm_proj": "linear", "image_size": THUMBNAIL},
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
        tower, words = load_text(settings)
        known = tower.get_input_embeddings().weight.detach()
        table = narrow_table(known, words, folder, plan.words, _FREQUENT_PIECES)
        (folder / CONFIG).write_text(json.dumps(configuration(plan, len(table)), indent=1) + "\n", encoding="utf-8")
        self.model = open_clip.create_model(f"local-dir:{folder}", load_weights=False).to(settings.machine.device)
        # Channels last: on a CPU the image towers learn nearly twice as fast (235 and 132 pictures/s).
        self.model.visual.to(memory_format=torch.channels_last)
        self.model.text.token_embedding.weight.data.copy_(table)
        self.model.text.token_embedding.requires_grad_(False)
        self.tokenizer = load_tokenizer(folder)
        self.places = places_of(words, self.tokenizer).to(settings.machine.device)
        shipped = settings.out / plan.name / WEIGHTS
        if settings.resume and shipped.exists():
            self._go_on(load_file(shipped))
        self.heads = Heads(128).to(settings.machine.device)
        taught = [p for p in [*self.model.parameters(), *self.heads.parameters()] if p.requires_grad]
        self.optimizer = Muon(nn.ModuleList([self.model, self.heads]), _ENDS, _RATE, settings.machine, decay=0.05)
        self.taught = taught

    def _go_on(self, weights: dict[str, Tensor]) -> None:
        """Begin from finished weights, as far as they are of the same shape: a plan may have changed since."""
        own = self.model.state_dict()
        weights = self._with_own_words(weights)
        same = {name: value.float() for name, value in weights.items() if own[name].shape == value.shape}
        if len(same) == len(own):
            self.model.load_state_dict(same)

    def _with_own_words(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Weights with this critic's own word table, which is not learned: words may lead elsewhere by now."""
        return weights | {_TABLE: self.model.state_dict()[_TABLE]}

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.model.load_state_dict(self._with_own_words(state["model"]))
        self.heads.load_state_dict(state["heads"])
        self.optimizer.load_state_dict(state["optimizer"])

    def state(self) -> dict[str, Any]:
        """All that training goes on from."""
        return {part: getattr(self, part).state_dict() for part in ("model", "heads", "optimizer")}

    def write(self) -> None:
        """Write the weights in float16, as open_clip reads them."""
        weights = {
            name: value.half().contiguous() if value.is_floating_point() else value
            for name, value in self.model.state_dict().items()
        }
        save_file(weights, self.folder / WEIGHTS)


def augmented(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) uint8 as -1..1 with a little of everything that must not matter.

    A third stays without grain: critics that saw nothing but grain came to need it, and without it took ink, pastel and
    paint for plain. Light varies by little, because it is what tells brown from orange and grey from white.
    """
    unit = pictures.float() / 127.5 - 1
    each = (len(unit), 1, 1, 1)
    bright = 1 + _LIGHT * torch.randn(each, device=unit.device)
    grain = (_GRAIN * (1.5 * torch.rand(each, device=unit.device) - 0.5)).clamp(min=0)
    shift = [int(torch.randint(-5, 6, ())) for _ in range(2)]
    moved = functional.pad(unit, (5, 5, 5, 5), mode="replicate")
    side = unit.shape[-1]
    moved = moved[..., 5 + shift[0] : 5 + shift[0] + side, 5 + shift[1] : 5 + shift[1] + side]
    seen = (moved * bright + grain * torch.randn_like(unit)).clamp(-1.2, 1.2)
    return seen.contiguous(memory_format=torch.channels_last)


def names(chooser: random.Random) -> tuple[list[str], list[int]]:
    """One phrase for every subject, family of colours and style, in this order, and how many there are of each."""
    subjects = [chooser.choice(subject.words) for subject in SUBJECTS]
    families = [COLOURS[chooser.choice(places)].name for places in BY_FAMILY]
    styles = [chooser.choice(style.words) or PLAIN for style in STYLES]
    return subjects + families + styles, [len(subjects), len(families), len(styles)]


def naming_loss(likeness: Tensor, counts: list[int], classes: Tensor) -> tuple[Tensor, Tensor]:
    """How far pictures are from their names: loss, and the share rightly named as subject, colour and style, (3,).

    `likeness` (B, sum(counts)) is scaled as for matching; `classes` (B, heads) are those of `labels_of`. Pictures whose
    colour no caption says are not asked for it.
    """
    loss, right = likeness.new_zeros(()), []
    for column, scores in enumerate(torch.split(likeness, counts, 1)):
        wanted = classes[:, column]
        # Weighed and not left out: to leave out would make a card's queue wait for the count.
        said = (wanted < counts[column]).float()
        asked = said.sum().clamp(min=1)
        errors = functional.cross_entropy(scores, wanted.clamp(max=counts[column] - 1), reduction="none")
        loss = loss + (errors * said).sum() / asked
        right.append(((scores.argmax(1) == wanted) * said).sum() / asked)
    return loss, torch.stack(right)


def _learn(pupil: Pupil, shelf: Shelf, settings: Settings, chooser: random.Random) -> tuple[Tensor, Tensor]:
    """One step; returns the loss of matching and the share of pictures that words named rightly."""
    device = settings.machine.device
    count = max(settings.batch, min(_BATCH, settings.batch * 4))
    chosen = shelf.choose(count)
    pictures = augmented(shelf.rows[chosen])
    phrases, counts = names(chooser)
    words = torch.cat([pupil.places[shelf.wordings(chosen)], tokenize(pupil.tokenizer, phrases, device)])
    with settings.machine.cast():
        seen = pupil.model.encode_image(pictures, normalize=True).float()
        read = pupil.model.encode_text(words, normalize=True).float()
    sharp = pupil.model.logit_scale.exp().clamp(max=_SHARPEST)
    read, named_by = read[:count], read[count:]
    likeness = sharp * seen @ read.T
    right = torch.arange(count, device=device)
    match = (functional.cross_entropy(likeness, right) + functional.cross_entropy(likeness.T, right)) / 2
    classes, shades = shelf.classes[chosen].long(), shelf.shades[chosen]
    naming, named = naming_loss(sharp * seen @ named_by.T, counts, classes)
    by_sight, _ = pupil.heads(seen * 8, classes, shades)
    by_words, _ = pupil.heads(read * 8, classes, shades)
    loss = match + naming + 0.5 * (by_sight + by_words)
    pupil.optimizer.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(pupil.taught, 1.0, foreach=True)
    pupil.optimizer.step()
    return match.detach(), named


def train_critic(plan: Plan, settings: Settings) -> None:
    """Train one critic."""
    torch.manual_seed(plan.seed)
    library = Library(settings, "thumbnails")
    run, chooser = Run(plan.name, settings), random.Random(plan.seed)
    folder = run.path(plan.name)
    folder.mkdir(exist_ok=True)
    pupil = Pupil(plan, settings, folder)
    if state := run.load():
        pupil.resume(state)
    match, named = torch.zeros(()), torch.zeros(3)

    def figures() -> str:
        subject, colour, style = named.tolist()
        return f"match {match.item():.2f}, subject {subject:.2f}, colour {colour:.2f}, style {style:.2f}"

    while run.going():
        cooling = 0.5 + 0.5 * math.cos(math.pi * run.fraction)
        set_rate(pupil.optimizer, _RATE * min(1.0, (run.steps + 1) / 100) * cooling + 1e-6)
        match, named = _learn(pupil, library.shelves[0], settings, chooser)
        run.steps += 1
        run.tick(figures)
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            run.save(pupil.state())
    run.save(pupil.state())
    pupil.write()
    run.say(figures())
    run.close()
