"""The shipped critics: open_clip's own loader reads them, they know what records show, and records can be found again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from render import records
from render.atelier.records import draw_batch, record
from render.atelier.subjects import SUBJECTS
from render.bench import records as bench_records
from render.bench.judge import Judge, Shown
from render.critics.clip import CONFIG, FOLDER, WEIGHTS, Clip
from show.errors import ArtistError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def clip() -> Clip:
    return Clip.load()


@pytest.fixture(scope="module")
def shown() -> Shown:
    """Two records each of every third subject, of combinations that were never trained."""
    batches = [draw_batch(batch, side=96, seed=77, held=True, shape="square") for batch in range(0, len(SUBJECTS), 3)]
    pictures = torch.cat([batch.pictures[:2] for batch in batches])
    parameters = [p for batch in batches for p in batch.parameters[:2]]
    return Shown(pictures, parameters, [caption for batch in batches for caption in batch.captions[:2]])


def test_stock_open_clip_loads_the_critic() -> None:
    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{FOLDER}")
    tokens = open_clip.get_tokenizer(f"local-dir:{FOLDER}")(["a red fire", "the sea"])
    picture = preprocess(Image.new("RGB", (200, 120), "red"))
    with torch.inference_mode():
        seen = model.encode_image(picture[None], normalize=True)
        read = model.encode_text(tokens, normalize=True)
    assert seen.shape[1] == read.shape[1]
    assert torch.allclose(read.norm(dim=1), torch.ones(2), atol=1e-3)


def test_the_critic_names_what_unseen_records_show(clip: Clip, shown: Shown) -> None:
    verdict = Judge(clip).verdict(shown)
    chance = 1 / len(SUBJECTS)
    assert verdict.subject > 10 * chance
    assert verdict.colour > 0.4
    assert verdict.style > 0.4


def test_scores_are_higher_for_fitting_words(clip: Clip, shown: Shown) -> None:
    pictures = np.ascontiguousarray(shown.pictures.permute(0, 2, 3, 1).numpy())
    scores = clip.score(pictures, shown.words)
    assert scores.shape == (len(pictures), len(pictures))
    assert scores.diagonal().mean() > scores.mean() + 0.15


@pytest.mark.parametrize("damage", ["no config", "no weights", "cut weights"])
def test_a_damaged_critic_is_one_sentence(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "critic"
    shutil.copytree(FOLDER, folder)
    if damage == "no config":
        (folder / CONFIG).unlink()
    elif damage == "no weights":
        (folder / WEIGHTS).unlink()
    else:
        (folder / WEIGHTS).write_bytes((FOLDER / WEIGHTS).read_bytes()[:5000])
    with pytest.raises(ArtistError, match=r"critic: .+") as caught:
        Clip.load(folder=folder)
    assert "\n" not in str(caught.value)


def test_an_index_is_built_once_searched_and_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clip: Clip, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    count = 16 * 40
    with pytest.raises(ArtistError, match="oriel records --build"):
        records.Index.open(clip, count)
    done: list[int] = []
    built = records.Index.build(clip, count, done.append)
    assert done[-1] == count == len(built)
    index = records.Index.open(clip, count)
    # A record finds itself among all others, by its picture.
    wanted = 16 * 7 + 3
    picture = record(wanted, side=256).picture.permute(1, 2, 0).numpy()
    found = index.near_picture(picture, 3)
    assert wanted in [one.number for one in found]
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)
    assert np.array_equal(found[0].draw(256).picture.numpy(), record(found[0].number, side=256).picture.numpy())
    assert found[0].caption == record(found[0].number, side=64).caption
    assert records.main(["a person", "--count", str(count), "--most", "4", "--sheet", str(tmp_path / "sheet.png")]) == 0
    assert "likeness" in capsys.readouterr().out
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (4 * 256, 256)
    bench_records.main(["--count", str(count), "--searches", "3"])
    told = capsys.readouterr().out
    assert f"An index of {count} records" in told
    assert all(f"search by {what}, p99, ms" in told for what in ("words", "a picture"))


def test_a_picture_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    broken = tmp_path / "broken.png"
    broken.write_text("not a picture")
    assert records.main(["--picture", str(broken), "--count", "16"]) == 4
    assert str(broken) in capsys.readouterr().err


def test_the_configuration_names_no_path() -> None:
    config = json.loads((FOLDER / CONFIG).read_text(encoding="utf-8"))
    assert config["model_cfg"]["text_cfg"]["hf_tokenizer_name"] == FOLDER.name
