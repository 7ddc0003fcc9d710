"""Where a scene's first picture comes from: noise, black or the nearest records; taken once per entry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as functional
from torch import Tensor

from render import records, starts
from render.artists import testcard
from render.artists.base import Start, Studio
from render.artists.diffusion import OPTIONS, PARAMETERS, Artist
from render.atelier.parameters import BATCH
from render.critics import clip as critics
from render.feedback import Move
from render.records import Index
from render.remembered import DRIFT_SECONDS, Begun
from render.worker import starts_of
from show.camera import Pose
from show.errors import ArtistError
from show.frames import Pictures
from show.parameter import Value, options
from show.snapshot import Init, Phrase
from tests.render.small import HEIGHT, WIDTH, snapshot
from tests.render.small import region as region_of
from tests.show.shows import small_show

pytestmark = pytest.mark.usefixtures("one_thread")

DEFAULTS: dict[str, Value] = {parameter.address: parameter.default for parameter in PARAMETERS}
REGIONS = ("left", "centre", "right")
COLOURS = {"red": (1.0, 0.0, 0.0), "green": (0.0, 1.0, 0.0), "blue": (0.0, 0.0, 1.0)}


class ColourClip:
    """A critic that sees the mean colour of a picture and knows three words."""

    def see(self, pictures: Tensor) -> Tensor:
        mean = pictures.float().mean((2, 3))
        return functional.normalize(mean - mean.mean(1, keepdim=True) + 1e-3, dim=1)

    def read(self, words: Sequence[str]) -> Tensor:
        colours = torch.tensor([COLOURS.get(word, (0.5, 0.5, 0.5)) for word in words])
        return functional.normalize(colours - colours.mean(1, keepdim=True) + 1e-3, dim=1)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, a colour critic, and indexes of 64 and 32 records in place of the full and the small one."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(records, "index_path", lambda count=64: folder / f"{count}.npy")
    monkeypatch.setattr(records, "COUNT", 64)
    monkeypatch.setattr(starts, "FEW", 32)
    monkeypatch.setattr(critics.Clip, "load", lambda: ColourClip())
    monkeypatch.setattr(critics, "FOLDER", tmp_path)
    (tmp_path / critics.WEIGHTS).touch()
    return folder


def load(model: str, *wanted: Start, width: int = WIDTH, height: int = HEIGHT, **more: Any) -> Artist:
    given = options(OPTIONS, {"model": model, "device": "cpu", "dtype": "fp32"}, "artist")
    return Artist.load(Studio(width, height, REGIONS, given, deterministic=True, starts=wanted, **more))


def start(init: Init, *words: str, records: tuple[int, ...] = ()) -> Start:
    return Start(0, "hill", init, tuple(Phrase(word) for word in words), records)


def paint(artist: Artist, second: float, init: Init = "last", entry: int = 0, **values: Value) -> Pictures:
    given = DEFAULTS | {f"artist/{name}": value for name, value in values.items()}
    return artist.paint(snapshot(life=second, values=given, init=init, entry=entry)).pictures


def test_black_is_dark_once_per_entry_and_the_words_dawn_out_of_it() -> None:
    artist = load("embedded", start("black"))
    paint(artist, 0.0)
    light = [float(paint(artist, k / 10, "black", 1).mean()) for k in range(1, 41)]
    assert light[0] < 25
    assert light[-1] > light[0] + 25
    # The snapshots of entries 2 and 3 never came here.
    assert float(paint(artist, 5.1, "black", 4).mean()) < 25


def test_noise_is_what_a_fresh_artist_begins_with() -> None:
    artist = load("embedded", start("noise"))
    paint(artist, 0.0)
    paint(artist, 0.1)
    assert np.array_equal(paint(artist, 0.2, "noise", 1), paint(load("embedded"), 0.2))


def test_a_record_shows_through_and_comes_again_when_the_scene_is_entered_again(cache: Path) -> None:
    artist = load("embedded", start("record", "red"))
    nearest = Index.open(ColourClip(), 32).near_words("red", 3)  # type: ignore[arg-type]
    paint(artist, 0.0)
    gentle = paint(artist, 0.1, "record", 1, strength=0.1)
    shown = torch.from_numpy(gentle).permute(0, 3, 1, 2) / 127.5 - 1
    for region, record in enumerate(nearest):
        own = float((shown[region] - starts.fitted(record.number, HEIGHT, WIDTH)).abs().mean())
        assert own < 0.3, f"region {region}"
    assert cache.is_dir()
    first = paint(artist, 0.2, "record", 2)
    assert not np.array_equal(paint(artist, 0.3, "record", 2), first)
    for k in range(5):
        paint(artist, 0.4 + k / 10, entry=3)
    assert np.array_equal(paint(artist, 1.0, "record", 4), first)


def test_words_grow_out_of_a_record_within_seconds_however_strong_they_are() -> None:
    number = 16 * 3
    artist = load("embedded", start("record", "red", records=(number,)))
    paint(artist, 0.0)
    course = [away(paint(artist, 0.1 + k / 10, "record", 1, strength=0.9), number) for k in range(41)]
    assert course[0] < 0.25 < 0.6 * course[30], "the first picture is the record, as far as the decoder can say it"
    assert course[3] - course[0] < 0.1 * (course[30] - course[0]), "and goes gently"
    assert abs(course[40] - course[30]) < 0.3 * course[30], "after three seconds the words have taken over"


def test_influence_holds_the_record_while_the_picture_goes_on_and_ends_with_the_scene(cache: Path) -> None:
    artist = load("embedded", start("record", "red"))
    record = starts.fitted(starts.open_index(lambda _: None).near_words("red", 1)[0].number, HEIGHT, WIDTH)
    assert cache.is_dir()

    def distance(influence: float, init: Init, entry: int) -> float:
        for k in range(20):
            last = paint(artist, entry * 10 + k / 10, init, entry, strength=0.4, influence=influence)
        return float((torch.from_numpy(last[0]).permute(2, 0, 1) / 127.5 - 1 - record).abs().mean())

    free, held = distance(0.0, "record", 1), distance(8.0, "record", 2)
    assert held < 0.8 * free
    assert distance(8.0, "last", 3) > held


def away(pictures: Pictures, number: int, region: int = 0) -> float:
    """How far a picture is from a record."""
    shown = torch.from_numpy(pictures[region]).permute(2, 0, 1) / 127.5 - 1
    return float((shown - starts.fitted(number, HEIGHT, WIDTH)).abs().mean())


def test_named_records_need_no_critic_and_each_region_gets_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(critics, "FOLDER", tmp_path / "nowhere")
    numbers = (16 * 3, 16 * 40 + 5, 16 * 77 + 2)
    artist = load("embedded", start("record", "red", records=numbers))
    paint(artist, 0.0)
    shown = paint(artist, 0.1, "record", 1, strength=0.1)
    for region, number in enumerate(numbers):
        assert away(shown, number, region) < min(away(shown, other, region) for other in numbers if other != number)
    one = load("embedded", start("record", "red", records=numbers[:1]))
    paint(one, 0.0)
    shown = paint(one, 0.1, "record", 1, strength=0.1)
    assert max(away(shown, numbers[0], region) for region in range(3)) < 0.3


def test_a_scene_that_leans_on_records_goes_on_from_the_last_picture_and_is_pulled_towards_them() -> None:
    number = 16 * 3
    artist = load("embedded", start("last", "red", records=(number,)))
    plain = load("embedded")
    assert np.array_equal(paint(artist, 0.0), paint(plain, 0.0))
    assert np.array_equal(paint(artist, 0.1, entry=1), paint(plain, 0.1, entry=1)), "no cut, and no pull yet"
    before = away(paint(artist, 0.2, entry=1), number)
    for k in range(3, 15):
        held, free = (paint(one, k / 10, entry=1, influence=20.0, strength=0.15) for one in (artist, plain))
    assert away(held, number) < 0.8 * min(before, away(free, number))
    for k in range(15, 30):
        gone = paint(artist, k / 10, entry=2, strength=0.9)
    assert away(gone, number) > away(held, number), "the next scene leans on nothing"


def test_a_scene_may_begin_from_black_and_lean_on_records() -> None:
    number = 16 * 3
    artist = load("embedded", start("black", "red", records=(number,)))
    paint(artist, 0.0)
    dark = paint(artist, 0.1, "black", 1, strength=0.2, influence=0.0)
    assert float(dark.mean()) < 25
    for k in range(2, 14):
        held = paint(artist, k / 10, "black", 1, strength=0.3, influence=8.0)
    assert away(held, number) < 0.5 * away(dark, number)


def test_an_artist_that_goes_on_from_a_killed_ones_picture_does_not_begin_the_scene_again() -> None:
    artist = load("embedded", start("black"))
    bright = np.full((3, HEIGHT, WIDTH, 3), 230, np.uint8)
    artist.resume(bright, 7)
    assert float(paint(artist, 9.0, "black", 7, strength=0.1).mean()) > 100
    assert float(paint(artist, 9.1, "black", 8).mean()) < 25
    late = load("embedded", start("black"))
    late.resume(bright, 7)
    assert float(paint(late, 9.0, "black", 8).mean()) < 25, "the scene was entered while nobody painted"


@pytest.mark.parametrize("init", ["noise", "black", "record"])
def test_any_model_begins_anew(init: Init, one_model: Path, cache: Path) -> None:
    artist = load(str(one_model), start(init, "red", "blue"), width=56, height=40)
    for entry in (0, 0, 2):
        assert paint(artist, entry / 10, init, entry).shape == (3, 40, 56, 3)
    assert cache.exists() == (init == "record")


def test_a_start_that_was_not_prepared_and_no_feedback_at_all_paint_from_noise(one_model: Path) -> None:
    artist = load(str(one_model), start("black"))
    expected = paint(load(str(one_model)), 0.0, feedback=0.0)
    assert np.array_equal(paint(artist, 0.0, "black", 1, feedback=0.0), expected)
    assert paint(load(str(one_model)), 0.0, "black", 1).shape == expected.shape


@pytest.mark.parametrize("batch", [0, 126, 378, 756, 1134], ids=["square", "tall", "wide", "column", "strip"])
@pytest.mark.parametrize("height, width", [(192, 128), (40, 120), (640, 24)])
def test_every_shape_of_sheet_covers_every_picture_and_keeps_its_middle(batch: int, height: int, width: int) -> None:
    picture = starts.fitted(batch * BATCH, height, width)
    assert picture.shape == (3, height, width)
    assert -1 <= float(picture.min()) <= float(picture.max()) <= 1


def test_the_small_index_is_built_once_with_a_sentence_and_the_full_one_is_preferred(cache: Path) -> None:
    said: list[str] = []
    assert len(starts.open_index(said.append)) == 32
    assert len(said) == 1
    assert "32 records" in said[0]
    assert len(starts.open_index(said.append)) == 32
    assert len(said) == 1
    Index.build(ColourClip(), 64)  # type: ignore[arg-type]
    assert len(starts.open_index(said.append)) == 64
    assert sorted(path.name for path in cache.iterdir()) == ["32.npy", "64.npy"]


def test_a_cache_that_cannot_be_written_costs_only_time(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    assert len(starts.open_index(lambda _: None)) == 32


def test_weights_choose_the_records_and_words_that_are_off_count_for_nothing(cache: Path) -> None:
    index = starts.open_index(lambda _: None)
    assert cache.is_dir()

    def numbers(*phrases: Phrase) -> list[int]:
        return [found.number for found in index.near_phrases(phrases, 4)]

    red = numbers(Phrase("red"))
    assert numbers(Phrase("red"), Phrase("blue", 0.0), Phrase("green", -1.0)) == red
    assert numbers(Phrase("red", 0.1), Phrase("blue", 2.0)) != red
    assert numbers(Phrase("red", 0.0)) == red, "words that are all off at first count alike"


def test_a_missing_critic_is_one_sentence_with_the_scene_and_the_remedy(
    one_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(critics, "FOLDER", tmp_path / "nowhere")
    with pytest.raises(ArtistError, match=r"^scene 'hill': init = .record.*nowhere; make it by `oriel train embedded`"):
        load(str(one_model), start("record", "red"))


def test_a_damaged_critic_is_told_with_the_scene(one_model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> ColourClip:
        raise ArtistError("critic: damaged")

    monkeypatch.setattr(critics.Clip, "load", damaged)
    with pytest.raises(ArtistError, match=r"^scene 'hill': init = .record.*: critic: damaged$"):
        load(str(one_model), start("record", "red"))
    assert not cache.exists()


def test_the_worker_tells_the_artist_which_scenes_begin_anew_and_their_first_words() -> None:
    show = small_show()
    assert starts_of(show) == ()
    leaning = show.scene[0].model_copy(update={"records": (7,)})
    words = (Phrase("red fire", 1.0), Phrase("smoke", 0.5))
    assert starts_of(show.model_copy(update={"scene": (leaning,)})) == (Start(0, "red", "last", words, (7,)),)
    scenes = (show.scene[0], show.scene[1].model_copy(update={"init": "record"}))
    assert starts_of(show.model_copy(update={"scene": scenes})) == (
        Start(1, "blue", "record", (Phrase("blue sea", 1.0),)),
    )


def test_another_artist_ignores_starting_points() -> None:
    studio = Studio(WIDTH, HEIGHT, REGIONS, options(testcard.OPTIONS, {}, "testcard"), starts=(start("record", "red"),))
    artist = testcard.Artist.load(studio)
    assert artist.paint(snapshot(init="record", entry=1)).pictures.shape == (3, HEIGHT, WIDTH, 3)


def test_what_is_leant_on_moves_with_the_camera_and_comes_back() -> None:
    anchor = Begun(torch.randn(2, 4, 8, 8), 0.0)
    push, still = Move(Pose(doublings=0.1, x=0.02)), Move(Pose())
    for _ in range(200):
        first, second = anchor.moved([push, still], 0.1)
    # A camera that goes on takes it as far as it goes in DRIFT_SECONDS, and no further.
    assert first.travel.doublings == pytest.approx(0.1 / 0.1 * DRIFT_SECONDS, rel=0.02)
    assert first.travel.x == pytest.approx(0.02 / 0.1 * DRIFT_SECONDS, rel=0.02)
    assert second.travel == Pose()
    for _ in range(40):
        first, _ = anchor.moved([still, still], 0.1)
    assert first.travel.doublings == pytest.approx(DRIFT_SECONDS * math.exp(-1), rel=0.03)


def test_a_picture_that_is_pulled_at_still_follows_the_camera() -> None:
    number, middles = 16 * 37 + 3, []
    for turned in (0.0, 40.0):
        artist = load("embedded", start("record", "red", records=(number,)))
        given = DEFAULTS | {"artist/strength": 0.1, "artist/influence": 20.0}
        rows = [region_of(name, angle=turned) for name in REGIONS]
        for k in range(12):
            entry, init = min(k, 1), "record" if k else "last"
            shot = snapshot(*rows, id=k + 1, life=k / 10, values=given, entry=entry, init=init)
            last = artist.paint(shot).pictures
        middles.append(last[0].astype(float))
    upright = starts.fitted(number, HEIGHT, WIDTH).permute(1, 2, 0).numpy() * 127.5 + 127.5
    assert np.abs(middles[0] - upright).mean() < 0.75 * np.abs(middles[1] - upright).mean()


def test_a_painter_of_half_the_size_leans_on_the_same_records() -> None:
    number = 16 * 3
    artist = load("embedded", start("last", "red", records=(number,)))
    paint(artist, 0.0)
    before = paint(artist, 0.1, entry=1)
    assert artist._painter is not None
    small = artist._painter.half()
    given = DEFAULTS | {"artist/strength": 0.15, "artist/influence": 20.0}
    for k in range(2, 14):
        held = small.paint(snapshot(life=k / 10, values=given, entry=1)).pictures
    record = starts.fitted(number, HEIGHT // 2, WIDTH // 2).permute(1, 2, 0).numpy() * 127.5 + 127.5
    assert np.abs(held[0] - record).mean() < 0.8 * np.abs(before[0][::2, ::2] - record).mean()
