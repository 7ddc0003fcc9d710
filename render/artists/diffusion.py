"""The diffusion artist: any Stable-Diffusion-shaped model, sampled in one to four steps, fed back into itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Self

from render.artists.base import Painting, Studio
from show.frames import Pictures
from show.parameter import Parameter
from show.snapshot import Snapshot

if TYPE_CHECKING:
    from render.painter import Painter

PARAMETERS: Final = (
    Parameter("artist/strength", "float", 0.5, "How much of each picture is painted anew", 0.0, 1.0),
    Parameter("artist/steps", "int", 1, "Steps of the network per picture", 1, 4),
    Parameter("artist/feedback", "float", 1.0, "How much a picture starts from the last one (0: from noise)", 0.0, 1.0),
    Parameter("artist/urge", "float", 0.6, "How much stronger it paints while the words change", 0.0, 1.0),
    Parameter("artist/contrast", "float", 1.0, "Contrast that the fed-back picture is held to", 0.25, 2.0, unit="x"),
    Parameter("artist/saturation", "float", 1.0, "Colour that the fed-back picture is held to", 0.0, 2.0, unit="x"),
    Parameter("artist/inject", "float", 0.0, "Grain stirred into the fed-back picture", 0.0, 4.0, unit="/s"),
    Parameter(
        "artist/influence", "float", 0.0, "How strongly a scene's starting point keeps pulling", 0.0, 20.0, unit="/s"
    ),
    Parameter("artist/exclusion", "float", 1.0, "How strictly excluded words are kept out", 0.0, 2.0),
)
OPTIONS: Final = (
    Parameter("model", "text", "embedded", 'The model: "embedded", a folder, or a hub id (owner/name)', live=False),
    Parameter("vae", "text", "", "Another autoencoder than the model's own: a folder or a hub id", live=False),
    Parameter("device", "choice", "auto", "Where to paint", choices=("auto", "cpu", "cuda"), live=False),
    Parameter("dtype", "choice", "auto", "Number format", choices=("auto", "fp32", "bf16", "fp16"), live=False),
    Parameter("threads", "int", 0, "Threads on the CPU (0: leave the projector a core)", 0, 256, live=False),
)


class Artist:
    """Paints by a latent diffusion model; see render/painter.py for how."""

    def __init__(self, painter: Painter, place: str) -> None:
        self._painter: Painter | None = painter
        self._place = place

    @classmethod
    def load(cls, studio: Studio) -> Self:
        """Load the model that the options name; raise ArtistError with one sentence when it cannot be had."""
        # Waiting OpenMP threads must sleep: spinning they take the core that the projector draws with.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from render.machine import choose
        from render.models import load_models
        from render.painter import Painter

        machine = choose(studio.options, deterministic=studio.deterministic)
        models = load_models(str(studio.options["model"]), str(studio.options["vae"]), machine, studio.say)
        painter = Painter(models, studio)
        painter.warm_up()
        return cls(painter, machine.place)

    @property
    def place(self) -> str:
        """The device, in words."""
        return self._place

    def paint(self, snapshot: Snapshot) -> Painting:
        """Paint all regions of one snapshot as one batch."""
        if self._painter is None:
            raise RuntimeError("this artist is closed")
        return self._painter.paint(snapshot)

    def resume(self, pictures: Pictures) -> None:
        """Go on from these pictures instead of from pure noise."""
        if self._painter is not None:
            self._painter.resume(pictures)

    def close(self) -> None:
        """Let go of the networks."""
        self._painter = None
