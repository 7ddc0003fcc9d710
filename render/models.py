"""A Stable-Diffusion-shaped model, loaded and ready to be called: every way of failing becomes one sentence.

What family a model is of stands in its folder alone: how many text encoders it has, what its UNet adds to its clock,
how its scheduler steps. docs/families.md says which ones are known to work.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import diffusers
import torch
import transformers
from diffusers.models.embeddings import get_timestep_embedding
from safetensors import SafetensorError
from torch import Tensor

from render.attention import Lean, WordLayers
from render.decoder import SubPixelDecoder
from render.exclusion import guided
from render.feedback import Statistics, noise_of
from render.hub import fetch_autoencoder, fetch_lora, fetch_model
from render.latents import Schedule
from render.lora import Loras
from render.lora_file import known_layers, merge, read_lora
from render.machine import Machine
from render.mixing import Weigher, Words
from render.parts import LAYOUT, load_autoencoder, load_own_decoder, load_schedule, load_towers, load_unet
from render.prompts import Reader
from render.text import Reading, Towers
from render.weights import OWN_DECODER, TINY, check_model, check_part, folder_of, is_hub_id, lora_of, read_json
from show.errors import ArtistError
from show.folders import default_cache_dir
from show.listed import listed
from show.parameter import Value

__all__ = ["Models", "Wishes", "find_model", "load_models", "load_schedule", "wishes_of"]

_SCALE_PROBE: Final = 8
_LCM_GUIDANCE: Final = 8.0
"""What models that are told their guidance scale (LCM) are told; that of the LCM paper's examples."""
_TINY_AUTOENCODERS: Final = {False: "madebyollin/taesd", True: "madebyollin/taesdxl"}


@dataclass(frozen=True)
class Wishes:
    """What an artist's options ask of a model beyond its folder.

    `autoencoder`: "" for the fastest that there is, "full" for the model's own, else a folder or a hub id; `distil`: a
    LoRA that is merged into the weights; `loras`: those that stay beside them, by name; `sampler`: how steps are taken;
    `waits`: phrases and LoRAs are read on the spot; `compiled`: the network's layers must stay what they are.
    """

    autoencoder: str = ""
    distil: str = ""
    loras: Mapping[str, str] = field(default_factory=dict)
    sampler: str = "auto"
    waits: bool = True
    compiled: bool = False


def wishes_of(given: Mapping[str, Value], *, waits: bool) -> Wishes:
    """Return the wishes of an artist's options; raise OrielError for LoRAs that are not listed as they should be."""
    loras = listed(str(given.get("loras", "")), "artist diffusion: option loras")
    distil, sampler = str(given.get("distil", "")), str(given.get("sampler", "auto"))
    compiled = bool(given.get("compile", False))
    return Wishes(str(given.get("vae", "")), distil, loras, sampler, waits, compiled)


@dataclass
class Models:
    """Everything that a diffusion artist paints with.

    `scale` is pixels per latent pixel, `channels` the latent's channels; `statistics` those of walk.json, if any;
    `decoder` the folder's own fast way from latents to pictures, used instead of the autoencoder's; `noise` is the
    standard deviation of the noise that it paints from.
    """

    unet: Any
    autoencoder: Any
    towers: Towers
    layers: WordLayers
    reader: Reader
    loras: Loras
    schedule: Schedule
    channels: int
    scale: int
    statistics: Statistics | None
    machine: Machine
    decoder: SubPixelDecoder | None = None
    noise: float = 1.0

    def __post_init__(self) -> None:
        self.alphas = self.schedule.alphas.float().to(self.machine.device)
        self._run = self.unet
        self._constants: dict[tuple[object, ...], Tensor] = {}

    @property
    def version(self) -> int:
        """Grows when modules are exchanged, after which nothing that was recorded of the network holds."""
        return self.loras.version

    def compile(self) -> None:
        """Have the network compiled when it is called next, for the sizes of that call and of every other one.

        On a CPU its weights are packed for good into what is compiled, unless there are LoRAs, whose scales change.
        What was compiled once is kept, and read again when the show is started again.
        """
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(default_cache_dir() / "compiled"))
        freezing = self.machine.device.type == "cpu" and not self.loras.names
        self._run = torch.compile(self.unet, dynamic=False, options={"freezing": freezing})

    def interpret(self) -> None:
        """Take back that the network is to be compiled."""
        self._run = self.unet

    def forward(self, x: Tensor, timestep: int | Tensor, words: Words | Tensor) -> Tensor:
        """Return the network's output (N, C, h, w) float32 for latents, a timestep and words.

        Words as a tensor are embeddings (N, T, D), projected on the spot. What words are to be kept out is.
        """
        if isinstance(words, Tensor):
            words = self.plain(words)
        return guided(self.network, x, timestep, words, self.alphas, self.schedule.prediction)

    def network(self, x: Tensor, timestep: int | Tensor, words: Words) -> Tensor:
        """Return the bare network's output (N, C, h, w) float32; of what is to be kept out only "nag" is heeded."""
        more: dict[str, Any] = {}
        if words.presence is not None:
            more["presence"] = words.presence
        negative = words.negative
        if words.method == "nag" and negative is not None and words.amount is not None:
            more["lean"] = Lean(negative.packed, negative.presence, words.amount)
        output: Tensor = self._run(
            x.to(self.machine.dtype, memory_format=LAYOUT),
            timestep,
            encoder_hidden_states=words.packed,
            timestep_cond=self._guidance(len(x)),
            cross_attention_kwargs=more or None,
            added_cond_kwargs=self._added(x, words),
            return_dict=False,
        )[0]
        return output.float()

    def plain(self, embeddings: Tensor) -> Words:
        """Return the words of embeddings (N, T, D), with nothing kept out."""
        pooled = None
        if self.unet.config.addition_embed_type == "text_time":
            pooled = torch.zeros(len(embeddings), self._pooled_width(), device=self.machine.device)
        inside = embeddings.to(self.machine.device, self.machine.dtype)
        return Words(self.layers.pack(inside), embeddings.cpu(), None, pooled)

    def decode(self, latent: Tensor) -> Tensor:
        """Return pictures (N, 3, H, W) float32, about -1..1, of latents (N, C, h, w)."""
        if self.decoder is not None:
            return cast(Tensor, self.decoder(latent.to(self.machine.dtype, memory_format=LAYOUT))).float()
        config = self.autoencoder.config
        inside = latent / config.scaling_factor + (getattr(config, "shift_factor", None) or 0.0)
        inside = inside.to(self.autoencoder.dtype, memory_format=LAYOUT)
        decoded: Tensor = self.autoencoder.decode(inside, return_dict=False)[0]
        return decoded.float()

    def encode(self, pictures: Tensor) -> Tensor:
        """Return latents (N, C, h, w) float32 of pictures (N, 3, H, W), -1..1."""
        config = self.autoencoder.config
        found = self.autoencoder.encode(pictures.to(self.autoencoder.dtype))
        latent = found.latents if hasattr(found, "latents") else found.latent_dist.mode()
        return cast(Tensor, (latent.float() - (getattr(config, "shift_factor", None) or 0.0)) * config.scaling_factor)

    def moment(self, timestep: int) -> Tensor:
        """Return a timestep as a tensor without dimensions that lies on the device, as a recorded graph wants it."""
        return self._constant(("timestep", timestep), lambda: torch.tensor(timestep))

    def close(self) -> None:
        """End the threads that read."""
        self.reader.close()
        self.loras.close()

    def _pooled_width(self) -> int:
        config = self.unet.config
        return int(config.projection_class_embeddings_input_dim) - 6 * int(config.addition_time_embed_dim)

    def _added(self, x: Tensor, words: Words) -> dict[str, Tensor] | None:
        """Return what SDXL is given beside words: pooled words, and the sizes that it takes a picture to have had."""
        if self.unet.config.addition_embed_type != "text_time":
            return None
        assert words.pooled is not None
        height, width = x.shape[2] * self.scale, x.shape[3] * self.scale
        sizes = (height, width, 0, 0, height, width)
        ids = self._constant(("sizes", len(x), *sizes), lambda: torch.tensor([sizes] * len(x), dtype=torch.float32))
        return {"text_embeds": words.pooled.to(self.machine.dtype), "time_ids": ids}

    def _guidance(self, rows: int) -> Tensor | None:
        """Return the embedding (N, E) of the guidance scale for a UNet that is told it (LCM), else None."""
        wide = self.unet.config.time_cond_proj_dim
        if wide is None:
            return None
        # As in diffusers' get_guidance_scale_embedding: the sine first, of a thousand times the scale minus 1.
        told = torch.full((rows,), (_LCM_GUIDANCE - 1) * 1000.0)
        return self._constant(
            ("guidance", rows),
            lambda: get_timestep_embedding(told, wide, downscale_freq_shift=1).to(self.machine.dtype),
        )

    def _constant(self, key: tuple[object, ...], make: Callable[[], Tensor]) -> Tensor:
        """Return a tensor on the device that is made once: a recorded graph must find it where it was."""
        if key not in self._constants:
            self._constants[key] = make().to(self.machine.device)
        return self._constants[key]


def load_models(
    model: str, autoencoder: str, machine: Machine, say: Callable[[str], None], wishes: Wishes | None = None
) -> Models:
    """Load a model ("embedded", a folder or a hub id) as wished; raise ArtistError.

    `autoencoder` is that of the wishes, for those who wish nothing else.
    """
    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    wishes = wishes or Wishes(autoencoder)
    folder = find_model(model, say)
    say("Reading the artist's networks from the disk.")
    try:
        return _load(folder, model, machine, wishes, say)
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


def find_lora(source: str, say: Callable[[str], None]) -> Path:
    """Return the file of a LoRA, fetched from the hub if need be; raise ArtistError."""
    if is_hub_id(source.partition(":")[0]):
        return fetch_lora(source, say)
    return lora_of(source)


def _find_autoencoder(folder: Path, name: str, say: Callable[[str], None]) -> Path:
    """Return the folder of the autoencoder to use; of the model's own a tiny one where there is one."""
    if not name:
        return _tiny(folder, say)
    if name == "full":
        return folder / "vae"
    if is_hub_id(name):
        return fetch_autoencoder(name, say)
    chosen = folder_of(name)
    chosen = chosen / "vae" if (chosen / "vae").is_dir() else chosen
    check_part(chosen, f"autoencoder {name}", "vae")
    return chosen


def _tiny(folder: Path, say: Callable[[str], None]) -> Path:
    """Return the tiny autoencoder of a model: its own, or the one that was made for its family."""
    own = read_json(folder / "vae" / "config.json", "autoencoder")
    if own.get("_class_name", "AutoencoderTiny") != "AutoencoderKL":
        return folder / "vae"
    if (folder / TINY).is_dir():
        return folder / TINY
    if int(own.get("latent_channels", 4)) != 4:
        return folder / "vae"
    try:
        return fetch_autoencoder(_TINY_AUTOENCODERS[(folder / "text_encoder_2").is_dir()], say)
    except ArtistError:
        say("The small autoencoder cannot be had; the model's own is used, which is much slower.")
        return folder / "vae"


def _load(folder: Path, model: str, machine: Machine, wishes: Wishes, say: Callable[[str], None]) -> Models:
    unet = load_unet(folder / "unet", model, machine)
    vae_folder = _find_autoencoder(folder, wishes.autoencoder, say)
    autoencoder = load_autoencoder(vae_folder, model, machine)
    towers = load_towers(folder, model, machine)
    channels = int(unet.config.in_channels)
    if int(autoencoder.config.latent_channels) != channels:
        has = autoencoder.config.latent_channels
        raise ArtistError(f"model {model}: its unet takes {channels} channels, but its autoencoder has {has}")
    wide, words = int(unet.config.cross_attention_dim), towers.width
    if wide != words:
        raise ArtistError(f"model {model}: its unet reads words of {wide} numbers, but its text encoder gives {words}")
    schedule = load_schedule(folder / "scheduler", f"model {model}", wishes.sampler)
    networks = {"unet": unet, "text_encoder": towers.towers[0].encoder}
    if len(towers.towers) > 1:
        networks["text_encoder_2"] = towers.towers[1].encoder
    if wishes.distil:
        merge(read_lora(find_lora(wishes.distil, say), known_layers(networks), f"LoRA {wishes.distil}"), networks)
    sources = {name: find_lora(source, say) for name, source in wishes.loras.items()}
    layers = WordLayers(unet, towers.limit)
    loras = Loras(sources, networks, machine, layers.projects, waits=wishes.waits, stays=wishes.compiled)
    reader = _reader(towers, layers, loras, machine, waits=wishes.waits)
    loras.on_forget(reader.forget)
    statistics, noise, walk = None, 1.0, folder / "walk.json"
    if walk.is_file():
        statistics, noise = Statistics.read(walk, channels, machine.device), noise_of(walk)
    decoder = None
    if not wishes.autoencoder and vae_folder == folder / "vae" and (folder / OWN_DECODER).is_dir():
        decoder = load_own_decoder(folder / OWN_DECODER, model, machine)
    models = Models(
        unet, autoencoder, towers, layers, reader, loras, schedule, channels, 0, statistics, machine, decoder, noise
    )
    with torch.inference_mode():
        probe = torch.zeros(1, channels, _SCALE_PROBE, _SCALE_PROBE, device=machine.device)
        models.scale = models.decode(probe).shape[-1] // _SCALE_PROBE
    return models


def _reader(towers: Towers, layers: WordLayers, loras: Loras, machine: Machine, *, waits: bool) -> Reader:
    """Return the reader of a model's words; on a card it reads on a stream of its own."""
    lock = threading.Lock()
    stream = torch.cuda.Stream() if machine.device.type == "cuda" else None  # type: ignore[no-untyped-call]

    def read(text: str, lora: str) -> tuple[Reading, Tensor]:
        with lock, torch.cuda.stream(stream), loras.reading(lora):
            reading = towers.read(text)
            inside = reading.raw.to(machine.dtype)[None]
            project = None if not lora else lambda name, layer, words: loras.project(lora, name, layer, words)
            packed = layers.pack(inside, project)[0]
            if stream is not None:
                for made in (packed, reading.pooled):
                    if made is not None:
                        made.record_stream(torch.cuda.default_stream())
                stream.synchronize()
        return reading, packed

    weigher = Weigher(machine.device, machine.dtype, shows_presence=layers.adds)
    return Reader(read, weigher, waits=waits)
