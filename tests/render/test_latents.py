"""The few-step mathematics against diffusers' own schedulers, and the walks of noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from render.latents import Noises, Schedule, noised, sample, slerp, split, trailing

CPU = torch.device("cpu")
BETAS: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "timestep_spacing": "trailing",
}


def network(x: Tensor, timestep: int) -> Tensor:
    """Stand in for a network: smooth in both arguments, the same for both samplers."""
    return torch.tanh(0.7 * x + timestep / 2000)


def painted_by(scheduler: Any, steps: int, noise: Tensor) -> Tensor:
    scheduler.set_timesteps(steps)
    x = noise * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        x = scheduler.step(network(scheduler.scale_model_input(x, timestep), int(timestep)), timestep, x).prev_sample
    assert isinstance(x, Tensor)
    return x


@pytest.mark.parametrize("steps", [1, 2, 4])
@pytest.mark.parametrize(
    "prediction, zero_snr", [("epsilon", False), ("v_prediction", False), ("v_prediction", True), ("sample", False)]
)
def test_sampling_agrees_with_ddim(prediction: Any, zero_snr: bool, steps: int) -> None:
    from diffusers import DDIMScheduler

    ddim = DDIMScheduler(
        **BETAS, prediction_type=prediction, rescale_betas_zero_snr=zero_snr, clip_sample=False, set_alpha_to_one=True
    )
    noise = torch.randn(2, 4, 6, 8, generator=torch.Generator().manual_seed(3))
    schedule = Schedule(ddim.alphas_cumprod.double(), prediction)
    ours = sample(network, noise, trailing(1.0, steps, 1000), schedule, noise)
    torch.testing.assert_close(ours, painted_by(ddim, steps, noise), rtol=1e-3, atol=1e-3)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("steps", [1, 2, 4])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_sampling_agrees_with_euler(prediction: Any, steps: int) -> None:
    from diffusers import EulerDiscreteScheduler

    euler = EulerDiscreteScheduler(**BETAS, prediction_type=prediction)
    noise = torch.randn(2, 4, 6, 8, generator=torch.Generator().manual_seed(4))
    schedule = Schedule(euler.alphas_cumprod.double(), prediction)
    times = trailing(1.0, steps, 1000)
    start = noised(torch.zeros_like(noise), noise, schedule.alpha(times[0]))
    ours = sample(network, start, times, schedule, noise)
    torch.testing.assert_close(ours, painted_by(euler, steps, noise), rtol=1e-3, atol=1e-3)


def test_a_renoising_schedule_takes_the_walks_own_noise() -> None:
    noise = torch.ones(1, 1, 2, 2)
    seen: list[Tensor] = []

    def network(x: Tensor, timestep: int) -> Tensor:
        seen.append(x)
        return torch.zeros_like(x) + timestep

    alphas = torch.linspace(1.0, 0.1, 1000, dtype=torch.float64)
    sample(network, noise, [999, 499], Schedule(alphas, "sample", "lcm"), noise)
    torch.testing.assert_close(seen[1], noised(torch.full_like(noise, 999.0), noise, float(alphas[499])))


def test_trailing_times_are_those_the_models_were_trained_at() -> None:
    assert trailing(1.0, 4, 1000) == [999, 749, 499, 249]
    assert trailing(1.0, 1, 1000) == [999]
    assert trailing(0.5, 2, 1000) == [499, 249]
    assert trailing(0.0, 4, 1000) == [0]


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
def test_split_undoes_noising(prediction: Any) -> None:
    clean, noise = torch.randn(2, 4, 3, 3), torch.randn(2, 4, 3, 3)
    alpha = 0.3
    outputs = {
        "epsilon": noise,
        "sample": clean,
        "v_prediction": alpha**0.5 * noise - (1 - alpha) ** 0.5 * clean,
    }
    found_clean, found_noise = split(outputs[prediction], noised(clean, noise, alpha), alpha, prediction)
    torch.testing.assert_close(found_clean, clean)
    torch.testing.assert_close(found_noise, noise)


def test_slerp_keeps_the_length_of_noise_and_meets_both_ends() -> None:
    noises = Noises((4, 8, 8), CPU)
    a, b = noises.of(1), noises.of(2)
    for k in range(11):
        mixed = slerp(a[None], b[None], torch.tensor([k / 10]), 3)[0]
        assert float(mixed.std()) == pytest.approx(1.0, abs=0.1)
    torch.testing.assert_close(slerp(a[None], b[None], torch.zeros(1), 3)[0], a)
    torch.testing.assert_close(slerp(a[None], b[None], torch.ones(1), 3)[0], b)
    torch.testing.assert_close(slerp(a[None], a[None], torch.full((1,), 0.3), 3)[0], a)


def test_a_seed_is_the_same_noise_for_ever_and_the_store_stays_small() -> None:
    noises = Noises((4, 8, 8), CPU)
    first = noises.of(11).clone()
    for seed in range(1000, 1200):
        noises.of(seed)
    assert torch.equal(noises.of(11), first)
    expected = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(11))
    assert torch.equal(first, expected)


def test_every_prediction_type_is_read_from_the_folder(model: Path) -> None:
    from render.models import load_schedule

    schedule = load_schedule(model / "scheduler", "model")
    assert schedule.prediction == model.name
    assert (schedule.alpha(999) < 1e-6) is (model.name == "v_prediction")
