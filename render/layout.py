"""How the wings lie in the latents: each a row of the batch, or all on one canvas that runs on behind the mullions.

`independent`: every region is a row with its own words, seeds, walk and camera. `panorama`: one row, as wide as all
pictures and the gaps between them; what lies in the gaps is painted and then left out, so that a line that leaves one
wing enters the next where it would on a window behind bars. A canvas has one set of words (the regions' together), and
the seeds and the camera of the middle region.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from msgspec.structs import replace
from torch import Tensor

from render.artists.base import Studio
from show.errors import ArtistError
from show.snapshot import Phrase, Region


@dataclass(frozen=True)
class Layout:
    """Where every region's picture lies.

    `rows` of latents `height` x `width`; `places`: the first column of every region in its decoded row, in pixels;
    `side`: a picture's width in pixels; `scale`: pixels per latent pixel. Without `places` every row is one region.
    """

    rows: int
    height: int
    width: int
    side: int
    scale: int
    places: tuple[int, ...] = ()

    @classmethod
    def of(cls, studio: Studio, scale: int) -> Layout:
        """Return the layout that the studio's option names; raise ArtistError for sizes that the model cannot paint."""
        for side in (studio.width, studio.height):
            if side % scale:
                raise ArtistError(f"pictures of {side} pixels: this model paints in multiples of {scale}")
        count, height = len(studio.regions), studio.height // scale
        if studio.options.get("layout", "independent") == "independent" or count == 1:
            return cls(count, height, studio.width // scale, studio.width, scale)
        gaps = _gaps(studio)
        total = count * studio.width + sum(gaps)
        width = math.ceil(total / scale)
        at = (width * scale - total) // 2
        places = []
        for gap in (*gaps, 0):
            places.append(at)
            at += studio.width + gap
        return cls(1, height, width, studio.width, scale, tuple(places))

    def merged(self, regions: Sequence[Region]) -> tuple[Region, ...]:
        """Return one region per row."""
        if not self.places:
            return tuple(regions)
        middle = regions[len(regions) // 2]
        share = self.side / (self.width * self.scale)
        return (
            replace(
                middle,
                words_a=_together([region.words_a for region in regions]),
                words_b=_together([region.words_b for region in regions]),
                x=middle.x * share,
                z=middle.z * share,
                pose=middle.pose and replace(middle.pose, x=middle.pose.x * share, z=middle.pose.z * share),
            ),
        )

    def cut(self, decoded: Tensor) -> Tensor:
        """Return pictures (N, 3, H, W) of decoded rows (rows, 3, H, canvas width), the gaps left out."""
        if not self.places:
            return decoded
        return torch.cat([decoded[..., place : place + self.side] for place in self.places])

    def join(self, latents: Tensor) -> Tensor:
        """Return rows (rows, C, h, w) of latents per region; gaps are filled with the nearest columns."""
        if not self.places or len(latents) != len(self.places):
            return latents
        columns = torch.arange(self.width)
        starts = torch.tensor([place / self.scale for place in self.places])
        own = latents.shape[3]
        away = (columns[:, None] + 0.5 - starts - own / 2).abs()
        region = away.argmin(1)
        column = (columns - starts[region]).round().long().clamp(0, own - 1)
        picked = latents[region.to(latents.device), :, :, column.to(latents.device)]
        return picked.permute(1, 2, 0)[None].contiguous()


def _together(lists: Sequence[tuple[Phrase, ...]]) -> tuple[Phrase, ...]:
    """Return the phrases of all regions, each with its mean weight over them."""
    weights: dict[str, float] = {}
    for phrases in lists:
        for phrase in phrases:
            weights[phrase.text] = weights.get(phrase.text, 0.0) + phrase.weight / len(lists)
    return tuple(Phrase(text, weight) for text, weight in weights.items())


def _gaps(studio: Studio) -> list[int]:
    """Return the gaps between neighbouring pictures in pixels: the option's, else those between the surfaces."""
    between = len(studio.regions) - 1
    asked = float(studio.options.get("gap", -1.0))
    shares = [asked] * between if asked >= 0 else [*studio.gaps, *[0.0] * between][:between]
    return [max(0, round(share * studio.width)) for share in shares]
