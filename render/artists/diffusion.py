"""The diffusion artist: any Stable-Diffusion-shaped model, sampled in one to four steps, fed back into itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Self

from render.artists.base import Painting, Studio, enlarged
from render.families import HONOURS as HONOURS
from show.frames import Pictures
from show.parameter import Parameter
from show.snapshot import Snapshot

if TYPE_CHECKING:
    from render.models import Models
    from render.painter import Painter

PARAMETERS: Final = (
    Parameter("artist/strength", "float", 0.5, "How much of each picture is painted anew", 0.0, 1.0),
    Parameter("artist/skip", "float", 0.5, "Share of the range kept from the last picture: 1 - strength", 0.0, 1.0),
    Parameter("artist/spacing", "float", 1.0, "Where steps crowd: above 1 near the picture, below in noise", 0.25, 4.0),
    Parameter("artist/steps", "int", 1, "Steps of the network per picture", 1, 8),
    Parameter("artist/feedback", "float", 1.0, "How much a picture starts from the last one (0: from noise)", 0.0, 1.0),
    Parameter("artist/urge", "float", 0.6, "How much stronger it paints while the words change", 0.0, 1.0),
    Parameter("artist/contrast", "float", 1.0, "Contrast that the fed-back picture is held to", 0.25, 2.0, unit="x"),
    Parameter("artist/saturation", "float", 1.0, "Colour that the fed-back picture is held to", 0.0, 2.0, unit="x"),
    Parameter("artist/noise", "float", 1.0, "Noise it paints from: above 1 livelier and harsher", 0.5, 1.5, unit="x"),
    Parameter("artist/inject", "float", 0.0, "Grain stirred into the fed-back picture", 0.0, 4.0, unit="/s"),
    Parameter(
        "artist/influence", "float", 0.0, "How strongly a scene's records, or its black, pull", 0.0, 20.0, unit="/s"
    ),
    Parameter("artist/exclusion", "float", 1.0, "How strictly excluded words are kept out", 0.0, 2.0),
    Parameter(
        "artist/exclude_method",
        "choice",
        "subtract",
        "How excluded words are kept out",
        choices=("none", "subtract", "residual", "nag", "cfg"),
    ),
    Parameter("artist/exclude_scale", "float", 1.0, "Of that method, how much against its usual", 0.0, 4.0, unit="x"),
    Parameter("artist/lora/{loras}", "float", 0.0, "How much of the LoRA {loras}", -4.0, 4.0),
    Parameter("artist/lora/{loras}/{region}", "float", 1.0, "Factor of the LoRA {loras} in {region}", -4.0, 4.0),
)
OPTIONS: Final = (
    Parameter("model", "text", "embedded", 'The model: "embedded", a folder, or a hub id (owner/name)', live=False),
    Parameter("vae", "text", "", 'Another autoencoder: a folder, a hub id, or "full" for the model\'s own', live=False),
    Parameter("distil", "text", "", "A LoRA that is merged into the model for good (LCM, Hyper-SD)", live=False),
    Parameter("loras", "text", "", "LoRAs to fade in and out, NAME = FILE or hub id, by comma", live=False),
    Parameter(
        "sampler",
        "choice",
        "auto",
        "How steps are taken (auto: as the model's folder says)",
        choices=("auto", "euler", "ancestral", "lcm", "tcd"),
        live=False,
    ),
    Parameter("device", "choice", "auto", "Where to paint", choices=("auto", "cpu", "cuda"), live=False),
    Parameter("dtype", "choice", "auto", "Number format", choices=("auto", "fp32", "bf16", "fp16"), live=False),
    Parameter("threads", "int", 0, "Threads on the CPU (0: leave the projector a core)", 0, 256, live=False),
    Parameter(
        "layout",
        "choice",
        "independent",
        "Wings that are pictures of their own, or one picture behind the mullions",
        choices=("independent", "panorama"),
        live=False,
    ),
    Parameter(
        "gap",
        "float",
        -1.0,
        "Gap between pictures of a panorama, in widths (-1: as the surfaces lie)",
        -1.0,
        4.0,
        live=False,
    ),
    Parameter(
        "compile", "bool", False, "Compile the network when it is loaded (takes minutes the first time)", live=False
    ),
    Parameter("capture", "bool", True, "Paint with one launch per picture on a card", live=False),
)


class Artist:
    """Paints by a latent diffusion model; see render/painter.py for how."""

    def __init__(self, painter: Painter, place: str) -> None:
        from render.ladder import Ladder

        self._painter: Painter | None = painter
        self._small: Painter | None = None
        self._place = place
        self._ladder = Ladder()

    @classmethod
    def load(cls, studio: Studio) -> Self:
        """Load the model that the options name; raise ArtistError with one sentence when it cannot be had."""
        # Waiting OpenMP threads must sleep: spinning they take the core that the projector draws with.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from render.machine import choose
        from render.models import load_models, wishes_of
        from render.painter import Painter

        machine = choose(studio.options, deterministic=studio.deterministic)
        wishes = wishes_of(studio.options, waits=studio.deterministic)
        models = load_models(str(studio.options["model"]), wishes.autoencoder, machine, studio.say, wishes)
        painter = Painter(models, studio)
        if studio.options["compile"]:
            _compile(models, painter, studio)
        painter.warm_up()
        return cls(painter, machine.place)

    @property
    def place(self) -> str:
        """The device, in words."""
        return self._place

    @property
    def note(self) -> str:
        """What was given up because memory ran out, in one sentence."""
        return self._ladder.sentence

    def paint(self, snapshot: Snapshot) -> Painting:
        """Paint all regions of one snapshot as one batch, with less of everything when memory runs out.

        Raise DeviceError when nothing is left to give up, or when the device itself failed.
        """
        from render.ladder import device_failed, ran_out
        from show.errors import DeviceError

        whole = self._whole()
        if self._ladder.climb(snapshot.life):
            self._stand()
        while True:
            painter = self._small or whole
            try:
                return enlarged(painter.paint(snapshot), whole.size)
            except RuntimeError as error:
                if device_failed(error):
                    raise DeviceError(f"the card failed: {str(error).splitlines()[0][:200]}") from error
                if not ran_out(error):
                    raise
                self._ladder.fall(snapshot.life, steps=painter.steps_of(snapshot))
            # Outside of the handler, which holds on to what the failed painting had on the device.
            self._stand()

    def rest(self) -> None:
        """Look anew at what the words are like, if they have changed."""
        (self._small or self._whole()).rest()

    def resume(self, pictures: Pictures, entry: int) -> None:
        """Go on from these pictures instead of from pure noise."""
        if self._painter is not None:
            self._painter.resume(pictures, entry)

    def close(self) -> None:
        """Let go of the networks."""
        if self._painter is not None:
            self._painter.close()
        self._painter = self._small = None

    def _whole(self) -> Painter:
        if self._painter is None:
            raise RuntimeError("this artist is closed")
        return self._painter

    def _stand(self) -> None:
        """Paint as the rung of the ladder says."""
        from render.ladder import FULL, HALF_SIZE, ONE_STEP
        from show.log import get_log

        whole, rung = self._whole(), self._ladder.rung
        get_log().warning(self._ladder.sentence or "There is memory again: pictures are painted as before.")
        for painter in (whole, self._small):
            if painter is not None and rung != FULL:
                painter.forget()
        whole.most_steps = 1 if rung == ONE_STEP else 8
        if rung == HALF_SIZE and self._small is None:
            self._small = whole.half()
        elif rung < HALF_SIZE and self._small is not None:
            whole.go_on_from(self._small)
            self._small = None


def _compile(models: Models, painter: Painter, studio: Studio) -> None:
    """Compile the network for what the painter paints; where that fails it goes without."""
    from show.errors import ArtistError
    from show.log import get_log

    studio.say("The artist's network is being compiled; the first time this takes minutes.")
    models.compile()
    try:
        painter.warm_up()
    except ArtistError as error:
        get_log().warning(f"the artist's network cannot be compiled here, and paints as it is: {error}")
        models.interpret()
