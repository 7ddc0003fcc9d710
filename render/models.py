"""Loading a Stable-Diffusion-shaped model by diffusers' own classes: every way of failing becomes one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import diffusers
import torch
import transformers
from safetensors import SafetensorError
from torch import Tensor

from render.decoder import SubPixelDecoder
from render.feedback import Statistics
from render.hub import fetch_autoencoder, fetch_model
from render.latents import Prediction, Schedule
from render.machine import Machine
from render.prompts import Reader
from render.weights import OWN_DECODER, check_model, check_part, folder_of, is_hub_id, read_json, variant_of
from show.errors import ArtistError

_AUTOENCODERS: Final = ("AutoencoderTiny", "AutoencoderKL")
_TEXT_ENCODERS: Final = ("CLIPTextModel", "CLIPTextModelWithProjection")
_PREDICTIONS: Final = ("epsilon", "v_prediction", "sample")
_SCALE_PROBE: Final = 8
_LAYOUT: Final = torch.channels_last
"""Faster on GPUs, and on the CPU by a third for the embedded model's decoder."""


@dataclass
class Models:
    """Everything that a diffusion artist paints with.

    `scale` is pixels per latent pixel, `channels` the latent's channels; `statistics` those of walk.json, if any;
    `decoder` the folder's own fast way from latents to pictures, used instead of the autoencoder's.
    """

    unet: Any
    autoencoder: Any
    reader: Reader
    schedule: Schedule
    channels: int
    scale: int
    statistics: Statistics | None
    machine: Machine
    decoder: SubPixelDecoder | None = None

    def forward(self, x: Tensor, timestep: int, words: Tensor) -> Tensor:
        """Return the network's output (N, C, h, w) float32 for latents, a timestep and embeddings (N, T, D)."""
        inside = x.to(self.machine.dtype, memory_format=_LAYOUT)
        words = words.to(self.machine.dtype)
        output: Tensor = self.unet(inside, timestep, encoder_hidden_states=words, return_dict=False)[0]
        return output.float()

    def decode(self, latent: Tensor) -> Tensor:
        """Return pictures (N, 3, H, W) float32, about -1..1, of latents (N, C, h, w)."""
        if self.decoder is not None:
            return cast(Tensor, self.decoder(latent.to(self.machine.dtype, memory_format=_LAYOUT))).float()
        config = self.autoencoder.config
        inside = latent / config.scaling_factor + (getattr(config, "shift_factor", None) or 0.0)
        inside = inside.to(self.machine.dtype, memory_format=_LAYOUT)
        decoded: Tensor = self.autoencoder.decode(inside, return_dict=False)[0]
        return decoded.float()

    def encode(self, pictures: Tensor) -> Tensor:
        """Return latents (N, C, h, w) float32 of pictures (N, 3, H, W), -1..1."""
        config = self.autoencoder.config
        found = self.autoencoder.encode(pictures.to(self.machine.dtype))
        latent = found.latents if hasattr(found, "latents") else found.latent_dist.mode()
        return cast(Tensor, (latent.float() - (getattr(config, "shift_factor", None) or 0.0)) * config.scaling_factor)


def load_models(model: str, autoencoder: str, machine: Machine, say: Callable[[str], None]) -> Models:
    """Load a model ("embedded", a folder or a hub id) and, if named, another autoencoder; raise ArtistError."""
    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    folder = find_model(model, say)
    say("Reading the artist's networks from the disk.")
    try:
        return _load(folder, _find_autoencoder(folder, autoencoder, say), model, machine)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        # Whatever the libraries do not accept in a folder that looked right from outside.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ArtistError(f"model {model}: it cannot be loaded from {folder}: {reason[:300]}") from None


def find_model(model: str, say: Callable[[str], None]) -> Path:
    """Return the checked folder of a model, fetched from the hub if need be; raise ArtistError."""
    if is_hub_id(model):
        return fetch_model(model, say)
    folder = folder_of(model)
    check_model(folder, model)
    return folder


def _find_autoencoder(folder: Path, name: str, say: Callable[[str], None]) -> Path:
    if not name:
        return folder / "vae"
    if is_hub_id(name):
        return fetch_autoencoder(name, say)
    chosen = folder_of(name)
    chosen = chosen / "vae" if (chosen / "vae").is_dir() else chosen
    check_part(chosen, f"autoencoder {name}", "vae")
    return chosen


def _load(folder: Path, vae_folder: Path, model: str, machine: Machine) -> Models:
    config = read_json(folder / "unet" / "config.json", f"model {model}")
    _refuse_strange(config, f"model {model}")
    unet = _network(diffusers.UNet2DConditionModel, folder / "unet", model, machine)
    kind = str(read_json(vae_folder / "config.json", f"model {model}").get("_class_name", "AutoencoderTiny"))
    if kind not in _AUTOENCODERS:
        raise ArtistError(f"model {model}: its autoencoder is a {kind}; expected one of {', '.join(_AUTOENCODERS)}")
    autoencoder = _network(getattr(diffusers, kind), vae_folder, model, machine)
    reader = Reader(_tokenizer(folder / "tokenizer", model), _text_encoder(folder / "text_encoder", model, machine))
    channels = int(unet.config.in_channels)
    if int(autoencoder.config.latent_channels) != channels:
        has = autoencoder.config.latent_channels
        raise ArtistError(f"model {model}: its unet takes {channels} channels, but its autoencoder has {has}")
    wide, words = int(unet.config.cross_attention_dim), reader.width
    if wide != words:
        raise ArtistError(f"model {model}: its unet reads words of {wide} numbers, but its text encoder gives {words}")
    statistics = None
    if (folder / "walk.json").is_file():
        statistics = Statistics.read(folder / "walk.json", channels, machine.device)
    schedule = load_schedule(folder / "scheduler", f"model {model}")
    decoder = None
    if vae_folder == folder / "vae" and (folder / OWN_DECODER).is_dir():
        decoder = _network(SubPixelDecoder, folder / OWN_DECODER, model, machine)
    models = Models(unet, autoencoder, reader, schedule, channels, 0, statistics, machine, decoder)
    with torch.inference_mode():
        probe = torch.zeros(1, channels, _SCALE_PROBE, _SCALE_PROBE, device=machine.device)
        models.scale = models.decode(probe).shape[-1] // _SCALE_PROBE
    return models


def _refuse_strange(config: dict[str, Any], model: str) -> None:
    """Raise ArtistError for a UNet that wants more than latents, a timestep and words."""
    extra = config.get("addition_embed_type")
    if extra not in (None, "text"):
        raise ArtistError(f"{model}: its unet wants {extra} embeddings (SDXL); this artist gives words alone")
    for key in ("class_embed_type", "encoder_hid_dim_type", "time_cond_proj_dim"):
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
    return network.to(machine.device, memory_format=_LAYOUT).eval().requires_grad_(False)


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


def load_schedule(folder: Path, model: str) -> Schedule:
    """Return what the scheduler's folder says; raise ArtistError for one that is not a noise schedule of this kind."""
    config = read_json(folder / "scheduler_config.json", model)
    name = str(config.get("_class_name", ""))
    kind = getattr(diffusers, name, None) if name.endswith("Scheduler") else None
    if kind is None:
        raise ArtistError(f"{model}: unknown scheduler {name!r} in {folder}")
    scheduler = kind.from_config(config)
    alphas = getattr(scheduler, "alphas_cumprod", None)
    if alphas is None:
        raise ArtistError(f"{model}: its scheduler {name} has no cumulated alphas (flow matching?)")
    prediction = str(scheduler.config.get("prediction_type", "epsilon"))
    if prediction not in _PREDICTIONS:
        raise ArtistError(f"{model}: prediction_type {prediction!r}; expected one of {', '.join(_PREDICTIONS)}")
    if prediction == "epsilon" and scheduler.config.get("rescale_betas_zero_snr", False):
        raise ArtistError(f"{model}: a zero-SNR schedule cannot start from epsilon; expected v_prediction")
    return Schedule(torch.as_tensor(alphas).double().cpu(), cast(Prediction, prediction), name == "LCMScheduler")
