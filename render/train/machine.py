"""What this machine does fast: number type, attention and memory layout are measured, never assumed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor, AttnProcessor2_0

from render.train.networks import LATENT_CHANNELS, TOKENS, WORD_WIDTH

COMPILE_MINUTES = 15.0


@dataclass(frozen=True)
class Machine:
    """Where training runs and in which number type the heavy products are computed."""

    device: torch.device
    dtype: torch.dtype

    def cast(self) -> AbstractContextManager[Any]:
        """Autocast to the fast type, or nothing where plain float32 is the fast one."""
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    def describe(self) -> str:
        """One line for the log."""
        return f"{self.device}, {str(self.dtype).removeprefix('torch.')}, {torch.get_num_threads()} threads"


def _seconds(work: Callable[[], Any], device: torch.device, repeats: int = 3) -> float:
    """The shortest of `repeats` timings of `work`, after one call to warm up."""
    best = float("inf")
    for attempt in range(repeats + 1):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        if attempt:
            best = min(best, time.perf_counter() - start)
    return best


def choose_machine(name: str = "auto") -> Machine:
    """The device called `name` (auto: CUDA where there is one) with bfloat16 only if its products are faster there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(name)
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
        # Asked and not measured: other processes may be busy on the card.
        return Machine(device, torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32)
    size = 256  # without hardware support bfloat16 takes a hundred times as long
    exact = torch.randn(size, size, device=device)
    rough = exact.bfloat16()
    faster = _seconds(lambda: rough @ rough, device) < 0.8 * _seconds(lambda: exact @ exact, device)
    return Machine(device, torch.bfloat16 if faster else torch.float32)


def adamw(weights: Iterable[torch.nn.Parameter], rate: float, machine: Machine, **how: Any) -> torch.optim.Optimizer:
    """AdamW as it is fastest there: in one kernel on a card, over lists of weights on a CPU."""
    fused = machine.device.type == "cuda"
    return torch.optim.AdamW(weights, rate, foreach=not fused, fused=fused, **how)


@contextmanager
def _layout(unet: Any, memory_format: torch.memory_format, processor: Any) -> Iterator[None]:
    unet.to(memory_format=memory_format)
    unet.set_attn_processor(processor)
    yield
    unet.zero_grad(set_to_none=True)


def tune_unet(unet: Any, machine: Machine, batch: int, side: int) -> tuple[torch.memory_format, str]:
    """Set the fastest attention and memory layout for a training step; returns the layout and a line for the log."""
    choices: list[tuple[float, torch.memory_format, Any]] = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        for processor in (AttnProcessor(), AttnProcessor2_0()):
            with _layout(unet, memory_format, processor):
                step = partial(_try_step, unet, machine, batch, side, memory_format)
                choices.append((_seconds(step, machine.device, 2), memory_format, processor))
    seconds, memory_format, processor = min(choices, key=lambda choice: choice[0])
    with _layout(unet, memory_format, processor):
        pass
    layout = "channels last" if memory_format == torch.channels_last else "channels first"
    return memory_format, f"{batch / seconds:.0f} samples/s with {type(processor).__name__}, {layout}"


def compiled(unet: Any, machine: Machine, batch: int, side: int, minutes: float) -> tuple[Any, str]:
    """What calls `unet` fastest, and a line for the log: compiled for any shape on a CUDA card, else itself.

    Compiling takes minutes of its own, so a run of fewer than COMPILE_MINUTES goes without.

    Weights, gradients and checkpoints stay those of `unet`. One step is tried at once; where compiling fails training
    goes on without it, because a lent card's minutes are too dear for an error.
    """
    if machine.device.type != "cuda" or minutes < COMPILE_MINUTES:
        return unet, "not compiled"
    fast = torch.compile(unet, dynamic=True)
    begun = time.perf_counter()
    try:
        _try_step(fast, machine, batch, side)
    except Exception as error:
        return unet, f"not compiled: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    finally:
        unet.zero_grad(set_to_none=True)
    return fast, f"compiled in {time.perf_counter() - begun:.0f} s"


def _try_step(
    network: Any, machine: Machine, batch: int, side: int, layout: torch.memory_format = torch.contiguous_format
) -> None:
    """One forward and one backward pass on random latents (batch, 16, side, side)."""
    words = torch.randn(batch, TOKENS, WORD_WIDTH, device=machine.device)
    levels = torch.randint(0, 1000, (batch,), device=machine.device)
    latents = torch.randn(batch, LATENT_CHANNELS, side, side, device=machine.device)
    with machine.cast():
        loss = network(latents.contiguous(memory_format=layout), levels, words).sample.float().square().mean()
    loss.backward()
