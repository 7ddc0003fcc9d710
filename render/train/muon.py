"""Muon for the matrices inside a network, AdamW for the rest of it, as one optimizer.

Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon; torch.optim.Muon) turns the momentum of a matrix into the
nearest orthogonal one, so that directions that gradients rarely point to are learned as fast as the common ones.
torch's takes flat matrices only; a convolution's weights are given to it as a view of the same memory, one row per
output channel. First and last layers, norms, biases and tables are AdamW's, as its authors advise.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor, nn

from render.train.machine import Machine, adamw

_MOMENTUM = 0.95


class Muon:
    """An optimizer of `network` (as far as it is to be trained) but for what lies in the layers `ends`.

    One rate serves both: Muon's steps are scaled to the size of AdamW's (Liu et al. 2025, arXiv:2502.16982).
    """

    def __init__(
        self, network: nn.Module, ends: Collection[str], rate: float, machine: Machine, decay: float = 0.01
    ) -> None:
        inside = [part for name, part in network.named_modules() if not name.startswith(tuple(ends))]
        layers = [part for part in inside if isinstance(part, nn.Conv2d | nn.Linear) and part.weight.requires_grad]
        self._weights = [layer.weight for layer in layers]
        self._flat = [nn.Parameter(_matrix(weight.detach(), weight)) for weight in self._weights]
        for flat, weight in zip(self._flat, self._weights, strict=True):
            assert flat.data_ptr() == weight.data_ptr(), f"weights {tuple(weight.shape)} are no view of one matrix"
        own = {id(weight) for weight in self._weights}
        others = [weight for weight in network.parameters() if weight.requires_grad and id(weight) not in own]
        kind = ExactMuon if machine.dtype == torch.float32 else torch.optim.Muon
        self._muon: torch.optim.Optimizer = kind(
            self._flat, rate, weight_decay=decay, momentum=_MOMENTUM, adjust_lr_fn="match_rms_adamw"
        )
        self._adamw = adamw(others, rate, machine, betas=(0.9, 0.98), weight_decay=decay)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of both, whose `lr` may be set."""
        return [*self._muon.param_groups, *self._adamw.param_groups]

    def zero_grad(self) -> None:
        """Forget all gradients."""
        self._adamw.zero_grad(set_to_none=True)
        for weight in self._weights:
            weight.grad = None

    def step(self) -> None:
        """Change the weights by their gradients."""
        for flat, weight in zip(self._flat, self._weights, strict=True):
            flat.grad = None if weight.grad is None else _matrix(weight.grad, weight)
        self._muon.step()
        self._adamw.step()

    def state_dict(self) -> dict[str, Any]:
        """What training goes on from."""
        return {"muon": self._muon.state_dict(), "adamw": self._adamw.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there. A state of another optimizer is passed over: a few hundred steps make up for it."""
        if state.keys() == {"muon", "adamw"}:
            self._muon.load_state_dict(state["muon"])
            self._adamw.load_state_dict(state["adamw"])


class ExactMuon(torch.optim.Muon):
    """torch's Muon with its products in float32.

    torch computes them in bfloat16 whatever the weights are; where the hardware has none of it, a step of the critic
    took 8 seconds instead of 0.2.
    """

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # no closure is ever given
        """Change the weights by their gradients."""
        assert closure is None
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(weight.grad)
                momentum = state["momentum_buffer"].lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(momentum, group["momentum"]) if group["nesterov"] else momentum
                moved = orthogonal(ahead, group["ns_coefficients"], group["ns_steps"], group["eps"])
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(moved, alpha=-group["lr"] * 0.2 * math.sqrt(max(weight.shape)))


def orthogonal(matrix: Tensor, coefficients: tuple[float, float, float], steps: int, least: float) -> Tensor:
    """Return a matrix (M, N) with all its singular values brought near 1, by the Newton-Schulz iteration of Muon."""
    tall = matrix.shape[0] > matrix.shape[1]
    found = matrix.T if tall else matrix
    found = found / found.norm().clamp(min=least)
    a, b, c = coefficients
    for _ in range(steps):
        gram = found @ found.T
        found = torch.addmm(found, torch.addmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found.T if tall else found


def _matrix(values: Tensor, weight: Tensor) -> Tensor:
    """Values (outputs, inputs[, height, width]) as a matrix (outputs, rest), in the order of `weight` in memory."""
    if weight.ndim == 4 and not weight.is_contiguous():
        values = values.permute(0, 2, 3, 1)
    return values.reshape(len(values), -1)
