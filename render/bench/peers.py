"""Who else paints, for `oriel bench paint`: the bare networks, plain diffusers, and StreamDiffusion from a folder.

Every one is a function without arguments that ends with pictures (N, H, W, 3) uint8 in host memory, except the bare
networks, which end with the decoder. All read the same weights; words are given as finished embeddings, which is in the
peers' favour: Oriel mixes its words inside the timed region.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import diffusers
import torch
from torch import Tensor, nn

from render.decoder import SubPixelDecoder
from render.hot import to_bytes
from render.models import Models
from render.weights import OWN_DECODER, read_json
from show.errors import OrielError
from show.frames import Pictures

Peer = Callable[[], Pictures]
T_INDEX: Final = {1: [0], 2: [0, 25], 4: [0, 16, 32, 45]}
"""StreamDiffusion's places among 50 timesteps, per number of steps."""
_CHANNELS: Final = 4
"""Channels of latents that StreamDiffusion is written for."""


@dataclass(frozen=True)
class Task:
    """What is painted: `batch` pictures of `height` x `width` in `steps` steps, from embeddings `words` (T, D)."""

    batch: int
    steps: int
    height: int
    width: int
    words: Tensor


class Stock:
    """A folder's networks as diffusers itself loads them: `unet`, `decode`, and the `scheduler`."""

    def __init__(self, folder: Path, models: Models, dtype: torch.dtype, *, same_layout: bool) -> None:
        device = models.machine.device
        layout = torch.channels_last if same_layout else torch.contiguous_format

        def ready(network: Any) -> Any:
            return network.to(device, dtype, memory_format=layout).eval().requires_grad_(False)

        self.dtype, self.device, self.scale, self.channels = dtype, device, models.scale, models.channels
        self.unet = ready(diffusers.UNet2DConditionModel.from_pretrained(folder / "unet"))
        scheduler = read_json(folder / "scheduler" / "scheduler_config.json", str(folder))
        self.scheduler = getattr(diffusers, scheduler["_class_name"]).from_config(scheduler)
        own = models.decoder is not None
        kind = SubPixelDecoder if own else type(models.autoencoder)
        self._decoder = ready(kind.from_pretrained(folder / (OWN_DECODER if own else "vae")))
        self._own = own
        self.scaling = 1.0 if own else float(self._decoder.config.scaling_factor)

    def added(self, task: Task) -> dict[str, Any]:
        """Return what an SDXL-shaped UNet wants beside words, as arguments; nothing for any other."""
        if self.unet.config.addition_embed_type != "text_time":
            return {}
        config = self.unet.config
        pooled = int(config.projection_class_embeddings_input_dim) - 6 * int(config.addition_time_embed_dim)
        sizes = [task.height, task.width, 0, 0, task.height, task.width]
        conditions = {
            "text_embeds": torch.zeros(task.batch, pooled, device=self.device, dtype=self.dtype),
            "time_ids": torch.tensor([sizes] * task.batch, device=self.device, dtype=self.dtype),
        }
        return {"added_cond_kwargs": conditions}

    def decode(self, scaled: Tensor) -> Tensor:
        """Return pictures (N, 3, H, W) of latents that were divided by `scaling`."""
        if self._own:
            return self._decoder(scaled)  # type: ignore[no-any-return]
        return self._decoder.decode(scaled, return_dict=False)[0]  # type: ignore[no-any-return]


def bare(models: Models, task: Task) -> Callable[[], Tensor]:
    """The forward passes alone: the UNet `steps` times and the decoder, on tensors that lie ready."""
    latents = torch.randn(task.batch, models.channels, task.height // models.scale, task.width // models.scale)
    latents = latents.to(models.machine.device)
    words = models.plain(task.words.expand(task.batch, -1, -1))
    # On the device already: a number would be copied there, which a CUDA graph cannot.
    timestep = torch.tensor(len(models.schedule.alphas) - 1, device=models.machine.device)

    def run() -> Tensor:
        x = latents
        for _ in range(task.steps):
            x = models.forward(x, timestep, words)
        return models.decode(latents)

    return run


def plain_diffusers(stock: Stock, task: Task) -> Peer:
    """diffusers in a loop, as its documentation shows: scheduler, UNet, decoder, and bytes."""
    words = task.words.to(stock.device, stock.dtype).expand(task.batch, -1, -1)
    shape = (task.batch, stock.channels, task.height // stock.scale, task.width // stock.scale)
    scheduler, added = stock.scheduler, stock.added(task)

    def run() -> Pictures:
        scheduler.set_timesteps(task.steps, device=stock.device)
        x = torch.randn(shape, device=stock.device, dtype=stock.dtype) * scheduler.init_noise_sigma
        for timestep in scheduler.timesteps:
            inside = scheduler.scale_model_input(x, timestep)
            output = stock.unet(inside, timestep, encoder_hidden_states=words, **added, return_dict=False)[0]
            x = scheduler.step(output, timestep, x, return_dict=False)[0]
        return _home(stock.decode(x.to(stock.dtype) / stock.scaling))

    return run


def stream_diffusion(source: Path, stock: Stock, task: Task) -> Peer:
    """StreamDiffusion from its own source folder; raise OrielError when that cannot be imported.

    One step: `txt2img_sd_turbo`, upstream's own timed call. More steps: its stream batch for one picture, and its
    sequential mode for three, because its stream batch raises on more than one picture.
    """
    kind = _imported(source)
    words = task.words.to(stock.device, stock.dtype)[None]
    pipe = SimpleNamespace(
        device=stock.device,
        vae_scale_factor=stock.scale,
        scheduler=stock.scheduler,
        text_encoder=None,
        unet=_Widened(stock.unet, stock.channels),
        vae=SimpleNamespace(
            decode=lambda x, return_dict: (stock.decode(_widened(x, stock.channels)),),  # noqa: ARG005
            config=SimpleNamespace(scaling_factor=stock.scaling),
            dtype=stock.dtype,
        ),
        encode_prompt=lambda *_, **__: (words, words),
    )
    stream = kind(
        pipe, T_INDEX[task.steps], torch_dtype=stock.dtype, width=task.width, height=task.height, cfg_type="none",
        frame_buffer_size=task.batch, use_denoising_batch=task.batch == 1,
    )  # fmt: skip
    stream.prepare("", num_inference_steps=50)
    call = stream.txt2img_sd_turbo if task.steps == 1 else stream.txt2img
    return lambda: _home(call(task.batch))


def _imported(source: Path) -> Any:
    for folder in (source, source / "src"):
        if (folder / "streamdiffusion" / "pipeline.py").is_file():
            sys.path.insert(0, str(folder))
            try:
                return importlib.import_module("streamdiffusion").StreamDiffusion
            except ImportError as error:
                raise OrielError(f"StreamDiffusion in {source} cannot be imported: {error}") from None
    raise OrielError(f"no StreamDiffusion in {source}: expected its source with src/streamdiffusion/pipeline.py")


class _Widened(nn.Module):
    """A UNet of more than four channels, for StreamDiffusion, whose latents always have four."""

    def __init__(self, unet: Any, channels: int) -> None:
        super().__init__()
        self.unet, self._channels = unet, channels

    def forward(self, x: Tensor, timestep: Tensor, **more: Any) -> tuple[Tensor]:
        output = self.unet(_widened(x, self._channels), timestep, **more)[0]
        return (output[:, :_CHANNELS],)


def _widened(x: Tensor, channels: int) -> Tensor:
    return x if channels == _CHANNELS else x.repeat(1, channels // _CHANNELS, 1, 1)


def _home(decoded: Tensor) -> Pictures:
    home: Pictures = to_bytes(decoded.float()).cpu().numpy()
    return home
