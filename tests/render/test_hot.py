"""The hot path: one function for CPU and card, without a look at the device's numbers, and the same by recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, PARAMETERS
from render.capture import Recording, Recordings, Rerun, cloned
from render.hot import Given, Plan
from render.machine import choose
from render.models import Models, load_models
from render.painter import Painter
from show.parameter import Value, options
from show.snapshot import Phrase, Snapshot
from tests.render.small import HEIGHT, WIDTH, region, snapshot

DEFAULTS: dict[str, Value] = {parameter.address: parameter.default for parameter in PARAMETERS}
BUSY: dict[str, Value] = {"artist/inject": 0.5, "artist/noise": 1.1, "artist/saturation": 1.3, "artist/steps": 2}


@pytest.fixture(scope="module")
def models(one_model: Path) -> Models:
    given = options(OPTIONS, {"model": str(one_model), "device": "cpu", "threads": 1}, "artist")
    return load_models(str(one_model), "", choose(given, deterministic=True), lambda _: None)


def painter(models: Models, recordings: Recordings | None = None, **more: Any) -> Painter:
    given = options(OPTIONS, {"device": "cpu", **more}, "artist")
    made = Painter(models, Studio(WIDTH, HEIGHT, ("left", "centre", "right"), given, deterministic=True), recordings)
    made.warm_up()
    return made


def walk(frames: int, **values: Value) -> list[Snapshot]:
    """Snapshots of three regions that all move, with words, seeds and camera of their own."""
    shots = []
    for k in range(frames):
        mixed: dict[str, Any] = {"words_b": (Phrase("a green hill"),), "mix": k / frames, "seed_mix": k / frames}
        regions = (
            region("left", zoom=1.2, angle=9.0, **mixed),
            region("centre", seed_a=3, x=0.1, **mixed),
            region("right", "the sea", seed_a=5, y=-0.1),
        )
        shots.append(snapshot(*regions, id=k + 1, life=k / 10, values=DEFAULTS | BUSY | values))
    return shots


def test_replays_on_buffers_of_their_own_paint_what_the_plain_step_paints(models: Models) -> None:
    """The maths of the captured path, buffers, fed-back latents and all, is that of the plain path to 1e-4."""
    plain, recorded = painter(models), painter(models, Recordings(Rerun, background=False))
    for shot in walk(8):
        expected, found = plain.paint(shot).pictures, recorded.paint(shot).pictures
        assert np.abs(expected.astype(int) - found).max() <= 1
        assert plain._last is not None
        assert recorded._last is not None
        torch.testing.assert_close(recorded._last, plain._last, rtol=1e-4, atol=1e-4)
    assert recorded.recordings is not None
    assert recorded.recordings.made == 3  # the first painting, from noise, all that are fed back, and the look


def test_another_number_of_steps_is_recorded_anew_in_the_background_while_paintings_go_on(models: Models) -> None:
    recordings = Recordings(Rerun)
    made = painter(models, recordings)
    shots = walk(6)
    pictures = [made.paint(shot).pictures for shot in shots]
    assert all(picture.std() > 0 for picture in pictures)
    for steps in (1, 3):
        before = recordings.made
        for shot in walk(3, **{"artist/steps": steps}):
            made.paint(shot)
            if recordings._making is not None:
                recordings._making.result()
        assert recordings.made > before


def test_a_network_that_cannot_be_recorded_is_painted_plainly(models: Models) -> None:
    def refuse(*_: object) -> Any:
        raise RuntimeError("operation not permitted when stream is capturing")

    made = painter(models, Recordings(refuse, background=False))
    expected = painter(models)
    for shot in walk(3):
        assert np.abs(made.paint(shot).pictures.astype(int) - expected.paint(shot).pictures).max() <= 1


class NoLook(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Raises where an operator asks the device for a number: on a card each of these waits for all work before it."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        asked = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "unique", "masked_select")
        name = func._schema.name.split("::")[-1]
        assert name not in asked, f"{func} waits for the device"
        if name in ("_to_copy", "copy_"):
            target = (kwargs or {}).get("device")
            assert target is None or target == args[0].device, f"{func} copies between devices"
        return func(*args, **(kwargs or {}))


def given_for(made: Painter, plan: Plan) -> Given:
    """What the painter gives the step after some paintings."""
    seen: list[Given] = []
    step = made._hot.step

    def watching(chosen: Plan, given: Given) -> Any:
        seen.append(given)
        return step(chosen, given)

    made._hot.step = watching  # type: ignore[method-assign, assignment]
    for shot in walk(3, **{"artist/steps": plan.steps}):
        made.paint(shot)
    made._hot.step = step  # type: ignore[method-assign]
    return seen[-1]


def test_the_step_never_asks_the_device_for_a_number(models: Models) -> None:
    made = painter(models)
    plan = Plan(2, True, True, True, True)
    given = given_for(made, plan)
    with torch.inference_mode(), NoLook():  # type: ignore[no-untyped-call]
        result = made._hot.step(plan, given)
    assert result.pictures.dtype == torch.uint8


def test_the_step_runs_where_there_are_no_numbers_at_all(models: Models) -> None:
    """On the meta device any look at a value raises: shapes alone decide what is launched."""
    made = painter(models)
    plan = Plan(2, True, True, True, True)
    given = given_for(made, plan)

    def to_meta(part: Any) -> Any:
        copy = cloned(part)
        return _mapped(copy, lambda tensor: tensor.to("meta"))

    unet, vae = models.unet, models.autoencoder
    hot = made._hot
    good, colours = hot.good, hot.colours
    assert good is not None
    assert colours is not None
    states = [(network, [p.data for p in network.parameters()]) for network in (unet, vae)]
    matrix, offset = colours._matrix, colours._offset
    try:
        for network in (unet, vae):
            network.to("meta")
        hot.good = _mapped(good, lambda tensor: tensor.to("meta"))
        colours._matrix, colours._offset = matrix.to("meta"), offset.to("meta")
        with torch.inference_mode():
            result = hot.step(plan, to_meta(given))
    finally:
        for network, weights in states:
            network.to_empty(device="cpu")
            for parameter, weight in zip(network.parameters(), weights, strict=True):
                parameter.data = weight
        hot.good, colours._matrix, colours._offset = good, matrix, offset
    assert result.pictures.is_meta
    assert result.pictures.shape == (3, HEIGHT, WIDTH, 3)


def _mapped(part: Any, change: Any) -> Any:
    from dataclasses import fields, is_dataclass, replace

    if isinstance(part, Tensor):
        return change(part)
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{one.name: _mapped(getattr(part, one.name), change) for one in fields(part)})
    if isinstance(part, tuple):
        return tuple(_mapped(one, change) for one in part)
    return part


def test_the_step_is_one_graph_for_the_compiler(models: Models) -> None:
    made = painter(models)
    plan = Plan(1, True, True, True, True)
    given = given_for(made, plan)
    made._hot.around = None
    torch._dynamo.reset()
    with torch.no_grad():
        explained = torch._dynamo.explain(lambda part: made._hot.step(plan, part))(cloned(given))
    assert explained.graph_break_count == 0, explained.break_reasons
    assert explained.graph_count == 1


def test_a_recording_copies_in_only_what_is_another_tensor_than_before(models: Models) -> None:
    made = painter(models)
    plan = Plan(1, True, True, True, True)
    given = given_for(made, plan)
    runs: list[Tensor] = []

    def run(part: Given) -> Any:
        runs.append(part.noise_a)
        return made._hot.step(plan, part)

    with torch.inference_mode():
        made._hot.around = None
        recording = Recording(run, given, Rerun)
        numbers = given.numbers.clone()
        first = recording.paint(given, numbers).clean.clone()
        again = recording.paint(given, numbers).clean.clone()
        expected = made._hot.step(plan, given).clean
    assert all(one is runs[0] for one in runs)
    torch.testing.assert_close(first, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(again, expected, rtol=1e-4, atol=1e-4)


def test_words_that_stand_still_are_neither_mixed_nor_copied_again(models: Models) -> None:
    """Also on their way between two phrases: as long as mixes are the same, so are the tensors."""
    reader = models.reader
    away: dict[str, Any] = {"words_b": (Phrase("a green hill"),), "mix": 0.4}
    first = reader.words((region("left", **away), region("centre")))
    again = reader.words((region("left", **away), region("centre")))
    moved = reader.words((region("left", **away | {"mix": 0.5}), region("centre")))
    assert again.packed is first.packed
    assert again.raw is first.raw
    assert again is not first  # who is given words may add to them
    assert not torch.equal(moved.packed[0], first.packed[0])
    assert torch.equal(moved.packed[1], first.packed[1])
