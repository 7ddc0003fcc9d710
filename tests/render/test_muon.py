"""The optimizer of hidden matrices: what it moves, how, in which memory layout, and what it goes on from."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from render.train.machine import Machine, adamw
from render.train.muon import ExactMuon, Muon

CPU = Machine(torch.device("cpu"), torch.float32)
pytestmark = pytest.mark.usefixtures("one_thread")


def _network() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 12, 3, padding=1),
        nn.GroupNorm(2, 12),
        nn.Conv2d(12, 16, 3, padding=1),
        nn.Flatten(),
        nn.Linear(16 * 16, 8),
    )


def _weight(network: nn.Sequential, layer: int) -> Tensor:
    return network.get_parameter(f"{layer}.weight")


def _teach(network: nn.Module, optimizer: Muon, steps: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    loss = torch.zeros(())
    for _ in range(steps):
        pictures = torch.randn(32, 3, 4, 4, generator=generator)
        errors = network(pictures) - pictures.flatten(1)[:, :8]
        loss = (errors.square().mean(0) * 0.5 ** torch.arange(8)).sum()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    return loss.detach()


def _spread(matrix: Tensor) -> float:
    """The largest singular value by the median one."""
    values = torch.linalg.svdvals(matrix.detach().flatten(1))
    return float(values[0] / values.median())


def test_hidden_matrices_move_in_all_directions_and_the_ends_as_by_adamw() -> None:
    network = _network()
    before = copy.deepcopy(network)
    optimizer = Muon(network, ("0",), 1e-2, CPU, decay=0.0)
    _teach(network, optimizer)
    for layer in (2, 4):
        change = _weight(network, layer) - _weight(before, layer)
        gradient = _weight(network, layer).grad
        assert gradient is not None
        assert _spread(gradient) > 3
        assert _spread(change) < 2
    plain = adamw(before.parameters(), 1e-2, CPU, betas=(0.9, 0.98), weight_decay=0.0)
    for weight, moved in zip(before.parameters(), network.parameters(), strict=True):
        weight.grad = moved.grad
    plain.step()
    torch.testing.assert_close(_weight(network, 0), _weight(before, 0))
    torch.testing.assert_close(_weight(network, 1), _weight(before, 1))
    torch.testing.assert_close(network.get_parameter("4.bias"), before.get_parameter("4.bias"))


def test_both_memory_layouts_learn_the_same() -> None:
    plain, last = _network(), _network().to(memory_format=torch.channels_last)
    assert not _weight(last, 2).is_contiguous()
    for network in (plain, last):
        _teach(network, Muon(network, ("0",), 1e-2, CPU), 3)
    # The order of sums in bfloat16 differs, by a hundredth of what three steps do.
    torch.testing.assert_close(_weight(plain, 2), _weight(last, 2), rtol=0, atol=1e-3)
    assert (_weight(plain, 2) - _weight(_network(), 2)).abs().max() > 0.01


def test_it_learns() -> None:
    network = _network()
    optimizer = Muon(network, ("0",), 1e-2, CPU)
    first = _teach(network, optimizer)
    assert _teach(network, optimizer, 100) < first / 10


def test_what_was_written_down_goes_on_alike() -> None:
    network = _network()
    optimizer = Muon(network, ("0",), 1e-2, CPU)
    _teach(network, optimizer, 3)
    other = copy.deepcopy(network)
    resumed = Muon(other, ("0",), 1e-2, CPU)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for one, its in ((network, optimizer), (other, resumed)):
        _teach(one, its)
    torch.testing.assert_close(_weight(network, 2), _weight(other, 2))
    torch.testing.assert_close(_weight(network, 0), _weight(other, 0))


def test_the_state_of_another_optimizer_is_passed_over() -> None:
    network = _network()
    optimizer = Muon(network, ("0",), 1e-2, CPU)
    optimizer.load_state_dict(adamw(network.parameters(), 1e-2, CPU).state_dict())
    _teach(network, optimizer)


def test_its_steps_in_float32_are_those_of_torch_in_bfloat16() -> None:
    exact, rough = _network(), _network()
    one = Muon(exact, ("0",), 1e-2, CPU, decay=0.1)
    other = Muon(rough, ("0",), 1e-2, Machine(torch.device("cpu"), torch.bfloat16), decay=0.1)
    assert isinstance(one._muon, ExactMuon)
    assert not isinstance(other._muon, ExactMuon)
    before = copy.deepcopy(exact)
    for _ in range(3):
        _teach(exact, one)
        _teach(rough, other)
    for layer in (2, 4):
        way = _weight(exact, layer) - _weight(before, layer)
        apart = _weight(exact, layer) - _weight(rough, layer)
        assert float(apart.detach().norm() / way.detach().norm()) < 0.05
    one.load_state_dict(other.state_dict())
    momenta = [list(optimizer._muon.state_dict()["state"].values()) for optimizer in (one, other)]
    assert all(torch.equal(a["momentum_buffer"], b["momentum_buffer"]) for a, b in zip(*momenta, strict=True))
