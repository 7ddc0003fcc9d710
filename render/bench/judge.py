"""What the critics say of pictures whose parameters are known, and figures that need no critic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.colours import BY_FAMILY, COLOURS
from render.atelier.parameters import Parameters
from render.atelier.styles import STYLES
from render.atelier.subjects import SUBJECTS
from render.critics.clip import Clip
from render.train.words import PLAIN

EACH: Final = 8
"""Pictures of one subject that follow each other."""
_TEMPLATES: Final = ("{}", "{}, bright", "a photograph of {}", "{} in the dark")
_NEAR_HUE: Final = 0.06


@dataclass(frozen=True)
class Shown:
    """Pictures (N, 3, H, W) uint8, what they should show, and the words that were asked for."""

    pictures: Tensor
    parameters: list[Parameters]
    words: list[str]


@dataclass(frozen=True)
class Verdict:
    """What a critic says of pictures: shares 0..1 of rightly named ones, mean fit of the words, likeness of pairs."""

    subject: float
    colour: float
    style: float
    fit: float
    alike: float


class Judge:
    """One critic with the words of all subjects, colours and styles read once."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self._subjects = torch.stack([self._mean(subject.words) for subject in SUBJECTS])
        names = [[COLOURS[place].name for place in places] for places in BY_FAMILY]
        self._colours = torch.stack([self._mean(family) for family in names])
        self._styles = torch.stack([self._mean([w or PLAIN for w in style.words]) for style in STYLES])

    def _mean(self, words: Sequence[str]) -> Tensor:
        said = [template.format(word) for word in words for template in _TEMPLATES]
        return functional.normalize(self.clip.read(said).mean(0), dim=0)

    def subjects(self, pictures: Tensor) -> Tensor:
        """The subject that each picture (N, 3, H, W) looks most like, (N,)."""
        return (self.clip.see(pictures) @ self._subjects.T).argmax(1)

    def verdict(self, shown: Shown) -> Verdict:
        """Say what the pictures are like."""
        seen, read = self.clip.see(shown.pictures), self.clip.read(shown.words)
        subject = torch.tensor([p.subject for p in shown.parameters])
        family = torch.tensor([p.family for p in shown.parameters])
        style = torch.tensor([p.style for p in shown.parameters])
        coloured = torch.tensor([STYLES[p.style].name != "monochrome" for p in shown.parameters])
        of_one_subject = torch.unique_consecutive(subject, return_counts=True)[1].tolist()
        alike = [_alike(part) for part in torch.split(seen, of_one_subject)]
        return Verdict(
            subject=_share((seen @ self._subjects.T).argmax(1) == subject),
            colour=_share(((seen @ self._colours.T).argmax(1) == family)[coloured]),
            style=_share((seen @ self._styles.T).argmax(1) == style),
            fit=float((seen * read).sum(1).mean()),
            alike=sum(alike) / len(alike),
        )

    def recall(self, shown: Shown, most: int = 5) -> float:
        """Share of captions whose own picture is among the `most` that fit best."""
        likeness = self.clip.read(shown.words) @ self.clip.see(shown.pictures).T
        better = (likeness > likeness.diagonal()[:, None]).sum(1)
        return _share(better < most)


def _share(right: Tensor) -> float:
    return float(right.float().mean())


def _alike(vectors: Tensor) -> float:
    likeness = vectors @ vectors.T
    count = len(vectors)
    return float((likeness.sum() - count) / max(1, count * (count - 1)))


def to_bytes(decoded: Tensor) -> Tensor:
    """Decoded pictures, about -1..1, as uint8 on the CPU."""
    return ((decoded.float() * 127.5 + 127.5).round().clamp(0, 255)).to(torch.uint8).cpu()


def to_unit(pictures: Tensor) -> Tensor:
    """Pictures uint8 as -1..1."""
    return pictures.float() / 127.5 - 1


def hue(pictures: Tensor) -> Tensor:
    """Hue 0..1 of the mean colour of pictures (N, 3, H, W) in 0..1, colourful pixels counting more. (N,)."""
    weight = pictures.amax(1, keepdim=True) - pictures.amin(1, keepdim=True) + 1e-4
    red, green, blue = ((pictures * weight).sum((2, 3)) / weight.sum((2, 3))).unbind(1)
    return torch.atan2(3**0.5 * (green - blue), 2 * red - green - blue) / (2 * torch.pi) % 1


def hue_share(shown: Shown) -> float:
    """Share of the pictures whose hue is that of their colour; only those of one vivid colour count."""
    table = torch.tensor([colour.rgb for colour in COLOURS])
    vivid = (table.amax(1) - table.amin(1)) / table.amax(1) > 0.55
    main = torch.tensor([p.main for p in shown.parameters])
    free = torch.tensor([p.main == p.accent and STYLES[p.style].name != "monochrome" for p in shown.parameters])
    counted = vivid[main] & free
    gap = (hue(shown.pictures[counted].float() / 255) - hue(table[main[counted]][..., None, None])).abs()
    return _share(torch.minimum(gap, 1 - gap) < _NEAR_HUE)


def edges(pictures: Tensor) -> float:
    """Mean absolute horizontal slope of pictures uint8."""
    unit = to_unit(pictures)
    return float((unit[..., 1:] - unit[..., :-1]).abs().mean())


def decibels(made: Tensor, wanted: Tensor) -> float:
    """Mean PSNR of pictures uint8."""
    error = (to_unit(made) - to_unit(wanted)).square().mean((1, 2, 3))
    return float((-10 * torch.log10(error / 4 + 1e-9)).mean())
