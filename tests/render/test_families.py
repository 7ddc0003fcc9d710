"""Families by configuration alone: the public architectures, narrow, through the same loading code, beside diffusers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import diffusers
import numpy as np
import pytest
import torch
from torch import Tensor

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, PARAMETERS
from render.bench import random_model
from render.latents import Schedule, sample
from render.lora_file import first_release_names
from render.machine import Machine
from render.models import Models, Wishes, load_models, load_schedule
from render.painter import Painter
from render.weights import read_json
from show.parameter import Value, options
from show.snapshot import Phrase
from tests.render import lora_files
from tests.render.lora_files import changes, first_release, save
from tests.render.small import region, snapshot

CPU = Machine(torch.device("cpu"), torch.float32, "the CPU")
SIDE = 64
NAMES = ("left", "centre", "right")
WORDS = "a red boat at night"
DEFAULTS: dict[str, Value] = {parameter.address: parameter.default for parameter in PARAMETERS}


class Family(NamedTuple):
    """An architecture, who writes the LoRA that is merged into it ("": none), and by which samplers it steps: the
    option `sampler`, diffusers' scheduler for it ("": the folder's own), and the guidance that diffusers is told."""

    architecture: str
    lora: str = ""
    samplers: tuple[tuple[str, str], ...] = (("auto", ""),)
    guidance: float = 0.0


FAMILIES = {
    "sd-turbo": Family("sd-turbo"),
    "sdxl-turbo, and Lightning": Family(
        "sdxl-turbo", "first release", (("auto", ""), ("euler", "EulerDiscreteScheduler"))
    ),
    "sd15-lcm": Family("sd15-lcm", guidance=8.0),
    "sd15 with LCM-LoRA, Hyper-SD, and its unified LoRA": Family(
        "sd15", "kohya", (("lcm", "LCMScheduler"), ("euler", "DDIMScheduler"), ("tcd", "TCDScheduler"))
    ),
    "sdxs": Family("sdxs"),
}


class Built(NamedTuple):
    family: Family
    folder: Path
    lora: str
    models: Models


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    torch.set_num_threads(1)
    family, place = FAMILIES[request.param], tmp_path_factory.mktemp("family")
    folder, lora = random_model.build(family.architecture, place / "model", narrow=True), ""
    if family.lora:
        with torch.device("meta"):
            unet = diffusers.UNet2DConditionModel(**random_model.unet_config(family.architecture, narrow=True))
        found = changes(unet, ("attn1.to_q", "attn2.to_k", "proj_in"), size=0.1)
        first = family.lora == "first release"
        file = first_release(found, first_release_names(unet)) if first else lora_files.kohya(found)
        lora = str(save(file, place / "lora.safetensors"))
    return Built(family, folder, lora, load_models(str(folder), "", CPU, lambda _: None, Wishes(distil=lora)))


def scheduler_of(built: Built, name: str) -> Any:
    """diffusers' scheduler for the family, trailing as those that made the models say."""
    config = read_json(built.folder / "scheduler" / "scheduler_config.json", "model")
    name = name or config["_class_name"]
    more = {"timestep_spacing": "trailing"} if name.startswith(("Euler", "DDIM")) else {}
    return getattr(diffusers, name).from_config(config, clip_sample=False, **more)


def pipeline_of(built: Built) -> Any:
    """diffusers' own way to paint from the same folder."""
    unet = diffusers.UNet2DConditionModel.from_pretrained(built.folder / "unet", torch_dtype=torch.float32)
    towers = built.models.towers.towers
    parts: dict[str, Any] = {
        "vae": built.models.autoencoder, "unet": unet, "scheduler": scheduler_of(built, ""),
        "text_encoder": towers[0].encoder, "tokenizer": towers[0].tokenizer,
    }  # fmt: skip
    if len(towers) > 1:
        more = {"text_encoder_2": towers[1].encoder, "tokenizer_2": towers[1].tokenizer}
        kind: Any = diffusers.StableDiffusionXLPipeline
        found = kind(**parts, **more, add_watermarker=False)
    else:
        kind = diffusers.StableDiffusionPipeline
        found = kind(**parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    if built.lora:
        state, alphas = kind.lora_state_dict(built.lora, unet_config=unet.config)
        kind.load_lora_into_unet(state, network_alphas=alphas, unet=unet, _pipeline=None)
    found.set_progress_bar_config(disable=True)
    return found


def noise() -> Tensor:
    return torch.randn(1, 4, SIDE // 8, SIDE // 8, generator=torch.Generator().manual_seed(4))


@torch.inference_mode()
def ours(models: Models, schedule: Schedule, steps: int, words: str = WORDS) -> Tensor:
    """The latent that the project paints of words from noise()."""
    said = models.reader.words([region(words=words)])
    x = noise()
    return sample(lambda y, t: models.forward(y, t, said), x, schedule.times(1.0, steps), schedule, x)


@torch.inference_mode()
def mixed_words_are_exact(models: Models, plain: Any) -> None:
    """The network on mixed keys and values against diffusers' own on the mixed embeddings: to 1e-5 in float32."""
    weighed = region(
        words_a=(Phrase("a red boat", 0.7), Phrase("at night", 0.5), Phrase("a harbour", -0.8)),
        words_b=(Phrase("a green hill"),),
        mix=0.37,
    )
    words, x = models.reader.words([weighed, region()]), noise().expand(2, -1, -1, -1)
    expected = plain(
        x, 400, words.raw, timestep_cond=models._guidance(2), added_cond_kwargs=models._added(x, words)
    ).sample
    torch.testing.assert_close(models.forward(x, 400, words), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_it_paints_what_diffusers_own_code_paints(built: Built) -> None:
    """Text encoders, added conditions, guidance embedding, LoRA and schedule, all at once.

    In more than one step only Euler can be compared: other samplers draw fresh noise between steps, ours is the walk's.
    """
    theirs, models = pipeline_of(built), built.models
    for sampler, name in built.family.samplers:
        schedule = load_schedule(built.folder / "scheduler", "model", sampler)
        theirs.scheduler = scheduler_of(built, name)
        for steps in (1, 4) if schedule.kind == "euler" else (1,):
            found = theirs(
                WORDS, num_inference_steps=steps, guidance_scale=built.family.guidance, latents=noise(), width=SIDE,
                height=SIDE, output_type="latent",
            ).images  # fmt: skip
            expected = ours(models, schedule, steps)
            # Euler's noise is sigma / sqrt(sigma^2 + 1) = 0.9977 of the noise; LCM adds a two-thousandth of its input.
            assert float((found - expected).norm() / expected.norm()) < 0.02
    mixed_words_are_exact(models, theirs.unet)
    one, other = (ours(models, models.schedule, 1, words) for words in (WORDS, "something else"))
    assert float((one - other).norm() / one.norm()) > 0.001


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_steps_lie_where_diffusers_own_scheduler_has_them(built: Built, steps: int) -> None:
    for sampler, name in built.family.samplers:
        scheduler = scheduler_of(built, name)
        scheduler.set_timesteps(steps)
        schedule = load_schedule(built.folder / "scheduler", "model", sampler)
        assert schedule.times(1.0, steps) == [int(t) for t in scheduler.timesteps]


def test_a_triptych_of_it_is_one_batch_at_any_number_of_steps(built: Built) -> None:
    given = options(OPTIONS, {"device": "cpu"}, "artist")
    painter = Painter(built.models, Studio(SIDE, SIDE, NAMES, given, deterministic=True))
    painter.warm_up()
    regions = [region(name, f"words of {name}", seed_a=k) for k, name in enumerate(NAMES)]
    for k, steps in enumerate((1, 3)):
        shot = snapshot(*regions, id=k, life=k / 10, values=DEFAULTS | {"artist/steps": steps})
        pictures = painter.paint(shot).pictures
        assert pictures.shape == (3, SIDE, SIDE, 3)
        assert all(picture.std() > 0 for picture in pictures)
        assert not np.array_equal(pictures[0], pictures[1])
