"""Reading for manuscripts: the text encoder of the embedded model, and the wire by which `oriel import` asks it."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from render import reading
from show import embedding, manuscript
from show.errors import OrielError

SEA = "The sea was black and busy. Waves broke on the dark water. A storm came over the ocean at night."
TRAIN = "Two people set out on a train. The train stood in the station. They rode past the red locomotive."


@pytest.fixture
def over_the_wire(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> manuscript.Embed:
    """Ask as `embedding.ask` does, but in this process, where torch is there already."""

    def ask(texts: Sequence[str]) -> NDArray[np.float32]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(msgspec.json.encode(list(texts)))))
        reading.main("embedded")
        sys.stdout.flush()
        found = embedding.unpacked(capfdbinary.readouterr().out)
        assert found is not None
        return found

    return ask


def test_the_text_encoder_of_the_embedded_model_tells_sea_from_train(over_the_wire: manuscript.Embed) -> None:
    found = over_the_wire([*SEA.split(". ")[:2], TRAIN.split(". ")[0], "x" * 5000])
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[2]
    assert np.isfinite(found).all()


def test_a_text_is_cut_where_sea_becomes_train(over_the_wire: manuscript.Embed) -> None:
    found = manuscript.passages(f"{SEA} {TRAIN}", over_the_wire, manuscript.Pace(target=11, longest=30))
    assert [passage.narration for passage in found] == [SEA, TRAIN]


def test_a_model_that_cannot_be_had_is_a_sentence() -> None:
    with pytest.raises(OrielError, match=r"could not be read by the model no-such-model: .*no-such-model"):
        embedding.ask(["a"], "no-such-model")


@pytest.mark.parametrize("answer", [b"", b"\1\0\0\0\2\0\0\0\0\0", b"\1\0\0\0\1\0\0\0" + b"\0" * 8])
def test_a_torn_answer_is_none(answer: bytes) -> None:
    assert embedding.unpacked(answer) is None
