"""Reading the parts of a model's folder by diffusers' and transformers' own classes, from safetensors alone."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Final, cast

import diffusers
import torch
import transformers

from render.decoder import SubPixelDecoder
from render.latents import Kind, Prediction, Schedule
from render.machine import Machine
from render.text import Tower, Towers
from render.weights import SECOND, read_json, variant_of
from show.errors import ArtistError

LAYOUT: Final = torch.channels_last
"""Faster on GPUs, and on the CPU by a third for the embedded model's decoder."""
SAMPLERS: Final = ("auto", "euler", "ancestral", "lcm", "tcd")
_AUTOENCODERS: Final = ("AutoencoderTiny", "AutoencoderKL")
_TEXT_ENCODERS: Final = ("CLIPTextModel", "CLIPTextModelWithProjection")
_PREDICTIONS: Final = ("epsilon", "v_prediction", "sample")
_KINDS: Final[dict[str, Kind]] = {
    "LCMScheduler": "lcm", "TCDScheduler": "tcd", "EulerAncestralDiscreteScheduler": "ancestral",
}  # fmt: skip
_GRID: Final = 50


def load_unet(folder: Path, model: str, machine: Machine) -> Any:
    """Load the UNet of a folder; raise ArtistError for one that wants more than this artist gives."""
    config = read_json(folder / "config.json", f"model {model}")
    refuse_strange(config, f"model {model}")
    if config.get("addition_embed_type") == "text_time" and not (folder.parent / SECOND[0]).is_dir():
        raise ArtistError(f"model {model}: its unet is one of SDXL, which reads words twice; {SECOND[0]} is missing")
    return _network(diffusers.UNet2DConditionModel, folder, model, machine)


def load_autoencoder(folder: Path, model: str, machine: Machine) -> Any:
    """Load an autoencoder; one that overflows in half precision (SDXL's) stays in float32."""
    config = read_json(folder / "config.json", f"model {model}")
    kind = str(config.get("_class_name", "AutoencoderTiny"))
    if kind not in _AUTOENCODERS:
        raise ArtistError(f"model {model}: its autoencoder is a {kind}; expected one of {', '.join(_AUTOENCODERS)}")
    if config.get("force_upcast", False) and machine.dtype == torch.float16:
        machine = Machine(machine.device, torch.float32, machine.place)
    return _network(getattr(diffusers, kind), folder, model, machine)


def load_own_decoder(folder: Path, model: str, machine: Machine) -> SubPixelDecoder:
    """Load a model's own fast decoder."""
    return cast(SubPixelDecoder, _network(SubPixelDecoder, folder, model, machine))


def load_towers(folder: Path, model: str, machine: Machine) -> Towers:
    """Load the one or two text encoders of a model with their tokenizers."""
    double = (folder / SECOND[0]).is_dir()
    towers = []
    for ending in ("", "_2") if double else ("",):
        encoder = _text_encoder(folder / f"text_encoder{ending}", model, machine)
        tokenizer = _tokenizer(folder / f"tokenizer{ending}", model)
        pools = double and hasattr(encoder, "text_projection")
        towers.append(Tower(tokenizer, encoder, penultimate=double, pools=pools))
    return Towers(towers)


def refuse_strange(config: dict[str, Any], model: str) -> None:
    """Raise ArtistError for a UNet that wants more than latents, a timestep, words and what SDXL and LCM add."""
    extra = config.get("addition_embed_type")
    if extra not in (None, "text", "text_time"):
        raise ArtistError(f"{model}: its unet wants {extra} embeddings; this artist gives words and sizes alone")
    for key in ("class_embed_type", "encoder_hid_dim_type"):
        if config.get(key) is not None:
            raise ArtistError(f"{model}: its unet wants {key} {config[key]!r}, which this artist does not give")
    if config.get("in_channels") != config.get("out_channels"):
        raise ArtistError(f"{model}: its unet takes {config.get('in_channels')} channels (a model for inpainting?)")


def _network(kind: Any, folder: Path, model: str, machine: Machine) -> Any:
    """Load one network of diffusers from safetensors alone; raise ArtistError when weights are missing."""
    network, info = kind.from_pretrained(
        folder,
        torch_dtype=machine.dtype,
        use_safetensors=True,
        local_files_only=True,
        variant=variant_of(folder),
        output_loading_info=True,
    )
    _refuse_missing(info, folder, model)
    return network.to(machine.device, memory_format=LAYOUT).eval().requires_grad_(False)


def _text_encoder(folder: Path, model: str, machine: Machine) -> Any:
    config = read_json(folder / "config.json", f"model {model}")
    kind = (config.get("architectures") or ["CLIPTextModel"])[0]
    if kind not in _TEXT_ENCODERS:
        raise ArtistError(f"model {model}: its text encoder is a {kind}; expected one of {', '.join(_TEXT_ENCODERS)}")
    encoder, info = getattr(transformers, kind).from_pretrained(
        folder,
        dtype=machine.dtype,
        use_safetensors=True,
        local_files_only=True,
        variant=variant_of(folder),
        output_loading_info=True,
    )
    _refuse_missing(info, folder, model)
    return encoder.to(machine.device).eval().requires_grad_(False)


def _refuse_missing(info: dict[str, Any], folder: Path, model: str) -> None:
    missing = sorted(key for key in info["missing_keys"] if not key.endswith("position_ids"))
    if missing:
        raise ArtistError(f"model {model}: {folder} lacks {len(missing)} of its weights, first {missing[0]}")


def _tokenizer(folder: Path, model: str) -> Any:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if tokenizer.pad_token is None:
        raise ArtistError(f"model {model}: its tokenizer has no padding token")
    return tokenizer


def load_schedule(folder: Path, model: str, sampler: str = "auto") -> Schedule:
    """Return what the scheduler's folder says; raise ArtistError for one that is not a noise schedule of this kind.

    `sampler` other than "auto" steps in that way whatever the folder says, as models made fast by a LoRA want it.
    """
    config = read_json(folder / "scheduler_config.json", model)
    name = str(config.get("_class_name", ""))
    kind = getattr(diffusers, name, None) if name.endswith("Scheduler") else None
    if kind is None:
        raise ArtistError(f"{model}: unknown scheduler {name!r} in {folder}")
    with warnings.catch_warnings():
        # Some of diffusers' schedulers turn tensors into arrays in a way that numpy is about to give up.
        warnings.simplefilter("ignore", DeprecationWarning)
        scheduler = kind.from_config(config)
    alphas = getattr(scheduler, "alphas_cumprod", None)
    if alphas is None:
        raise ArtistError(f"{model}: its scheduler {name} has no cumulated alphas (flow matching?)")
    prediction = str(scheduler.config.get("prediction_type", "epsilon"))
    if prediction not in _PREDICTIONS:
        raise ArtistError(f"{model}: prediction_type {prediction!r}; expected one of {', '.join(_PREDICTIONS)}")
    if prediction == "epsilon" and scheduler.config.get("rescale_betas_zero_snr", False):
        raise ArtistError(f"{model}: a zero-SNR schedule cannot start from epsilon; expected v_prediction")
    stepped = _KINDS.get(name, "euler") if sampler == "auto" else cast(Kind, sampler)
    grid = int(scheduler.config.get("original_inference_steps", _GRID)) if stepped in ("lcm", "tcd") else 0
    return Schedule(torch.as_tensor(alphas).double().cpu(), cast(Prediction, prediction), stepped, grid)
