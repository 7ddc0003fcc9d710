"""What every critic offers: a module in this folder whose `Critic` is a class of the kind below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from show.frames import Pictures

Scores = NDArray[np.float32]


class Critic(Protocol):
    """Looks at pictures and says how well they fit words."""

    @classmethod
    def load(cls, device: str = "cpu") -> Self:
        """Load the critic; raise ArtistError with one sentence when it cannot be had."""

    def score(self, pictures: Pictures, words: Sequence[str]) -> Scores:
        """How well pictures (N, H, W, 3) uint8 fit each of W phrases: (N, W) cosines, -1..1."""
