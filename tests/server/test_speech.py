"""The voice: espeak-ng's word times, lines that fit their scenes, captions that follow, and what is said without one."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import time
import wave
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server.narration import Narrator
from server.speech.__main__ import WAV_RATE
from server.speech.base import FASTEST, Line, SpeechError, fitted, open_speaker
from server.speech.espeak import Espeak
from show import voice
from show.bus import EventSender
from show.config import Narration, Show
from show.narration import captions, words
from show.snapshot import Channels, Snapshot
from show.wires import EVENTS, channels_topic
from tests.server.pulse import a_pulse, no_sound
from tests.server.rig import a_rig, a_show, until
from tests.show.shows import Play, small_show

TEXT = "It burns slowly. Dr. Smith saw it in 1984, from the «far» hill — and said nothing."


def spoken_show(text: str = TEXT, seconds: float = 12.0, **narration: Any) -> Show:
    """Return a show of two scenes that say the same; the words go by without a fade."""
    scene = {"name": "one", "seconds": seconds, "fade": 0, "words": [{"text": "fire"}], "narration": text}
    return small_show(scene=[scene, {**scene, "name": "two"}], binding=[], narration=narration)


@pytest.fixture(scope="module")
def line() -> Line:
    return fitted(Espeak("en-gb"), TEXT, 12.0, Narration(lead=0.5))


def test_every_word_has_its_time_and_between_sentences_it_is_silent(line: Line) -> None:
    assert len(line.spans) == len(words(TEXT))
    flat = [second for span in line.spans for second in span]
    assert flat == sorted(flat)
    assert 0.5 <= flat[0] < flat[-1] <= 0.5 + line.spoken.seconds

    def loudness(begin: float, end: float) -> float:
        first, last = (round((second - line.lead) * line.spoken.rate) for second in (begin, end))
        return float(np.sqrt(np.mean(line.spoken.samples[first:last].astype(float) ** 2)))

    said = words(TEXT)
    pause = loudness(line.spans[said.index("slowly.")][1] + 0.05, line.spans[said.index("Dr.")][0] - 0.05)
    assert pause < 0.02 * min(loudness(*line.spans[said.index(word)]) for word in ("burns", "slowly.", "Smith", "hill"))


def test_what_does_not_fit_is_spoken_faster_and_what_still_does_not_is_cut(line: Line) -> None:
    narration = Narration(lead=0.5)
    usual = line.spans[-1][1] - line.lead
    close = fitted(Espeak("en-gb"), TEXT, 0.5 + usual / 1.3, narration)
    assert close.lost == 0
    assert close.spans[-1][1] <= 0.5 + usual / 1.3
    short = fitted(Espeak("en-gb"), TEXT, 2.0, narration)
    assert short.spoken.seconds == pytest.approx(1.5, abs=0.01)
    assert abs(int(short.spoken.samples[-1])) < 50, "a cut without a fade clicks"
    assert 0 < short.lost < len(short.spans)
    assert short.spans[-1][1] - 0.5 > usual / FASTEST * 0.8


def test_word_times_of_the_voice_drive_the_captions_on_the_wall(tmp_path: Path) -> None:
    show = spoken_show(lead=0.5)
    heard, notes = voice.voiced(show, tmp_path / "show.toml")
    assert notes == ()
    line = fitted(Espeak("en-gb"), TEXT, 12.0, Narration(lead=0.5))
    wanted = captions(TEXT, line.spans, 12.0)
    assert len(wanted) >= 2
    begins = {round(begin, 3) for begin, _ in line.spans}
    assert {cue.begin for cue in wanted} <= begins
    play = Play(heard)
    assert play.step(0.25).narration == ""
    for number, cue in enumerate(wanted):
        before = wanted[number - 1].text if number else ""
        assert play.tell("seek", str(cue.begin + 0.02)).narration == cue.text
        assert play.tell("seek", str(12 + cue.begin + 0.02)).narration == cue.text
        assert play.tell("seek", str(cue.begin - 0.02)).narration in (before, "")


def test_a_scene_too_short_for_its_words_is_said_to_its_author(tmp_path: Path) -> None:
    _, notes = voice.voiced(spoken_show(seconds=2.0), tmp_path / "show.toml")
    assert len(notes) == 2
    assert notes[0].startswith("scene 'one': the last ")
    assert notes[0].endswith("are cut off")


def test_a_missing_espeak_is_one_sentence() -> None:
    with pytest.raises(SpeechError, match=r"^espeak-ng is not installed; type: sudo apt install espeak-ng$"):
        Espeak("en-gb", file="libespeak-ng-that-is-gone.so.1")


def test_a_language_that_nobody_speaks_is_refused_with_the_nearest() -> None:
    with pytest.raises(SpeechError, match=r"espeak-ng speaks no language 'en-gbb'; did you mean en-gb\?"):
        Espeak("en-gbb")


@pytest.mark.skipif(importlib.util.find_spec("piper") is not None, reason="piper is installed here")
def test_a_piper_voice_without_piper_leaves_the_captions_and_says_why(tmp_path: Path) -> None:
    show = spoken_show(voice="voices/amy.onnx")
    with pytest.raises(SpeechError, match=r"the voice amy\.onnx needs piper, .* pip install 'oriel\[voice\]'"):
        open_speaker(Narration(voice="voices/amy.onnx"), tmp_path)
    same, (note,) = voice.voiced(show, tmp_path / "show.toml")
    assert same == show
    assert note.startswith("The narration stays silent: the voice amy.onnx needs piper")
    assert note.endswith("Its captions go by reading speed.")
    assert Play(same).step(1.0).narration == "It burns slowly."
    narrator = Narrator(show, tmp_path)
    narrator.turn(None, 0.0)
    assert narrator.sentence.startswith("Nobody speaks: the voice amy.onnx needs piper, which is not installed")
    assert narrator.sentence.endswith("The captions are shown without the voice.")


@pytest.fixture
def humming(tmp_path: Path) -> Path:
    """A piper voice that hums every sound of a sentence for 50 ms times the length scale: real files, no training."""
    pytest.importorskip("piper")
    onnx = pytest.importorskip("onnx", reason="onnx, which writes the voice, is not installed")
    kinds, make = onnx.TensorProto, onnx.helper
    constants = [
        make.make_tensor("one", kinds.INT64, [1], [1]),
        make.make_tensor("hop", kinds.FLOAT, [1], [0.05 * 22050]),
        make.make_tensor("pitch", kinds.FLOAT, [1], [0.05]),
        make.make_tensor("zero", kinds.FLOAT, [], [0.0]),
        make.make_tensor("step", kinds.FLOAT, [], [1.0]),
    ]
    nodes = [
        make.make_node("Cast", ["input_lengths"], ["count"], to=kinds.FLOAT),
        make.make_node("Gather", ["scales", "one"], ["scale"]),
        make.make_node("Mul", ["count", "scale"], ["long"]),
        make.make_node("Mul", ["long", "hop"], ["samples"]),
        make.make_node("Squeeze", ["samples"], ["end"]),
        make.make_node("Range", ["zero", "end", "step"], ["places"]),
        make.make_node("Mul", ["places", "pitch"], ["phase"]),
        make.make_node("Sin", ["phase"], ["hum"]),
        make.make_node("Unsqueeze", ["hum", "one"], ["output"]),
    ]
    takes = [("input", kinds.INT64, [1, None]), ("input_lengths", kinds.INT64, [1]), ("scales", kinds.FLOAT, [3])]
    graph = make.make_graph(
        nodes, "hum", [make.make_tensor_value_info(*taken) for taken in takes],
        [make.make_tensor_value_info("output", kinds.FLOAT, [None, 1])], constants,
    )  # fmt: skip
    path = tmp_path / "hum.onnx"
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8), str(path))
    marks = "_^$ abcdefghijklmnopqrstuvwxyz.,?!ˈˌːɑɐɒæəɚɛɜɪʊʌɔθðʃʒŋɡɹɾʔɫ"
    config = {
        "audio": {"sample_rate": 22050}, "espeak": {"voice": "en-us"}, "num_symbols": len(marks), "num_speakers": 1,
        "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0}, "phoneme_type": "espeak",
        "phoneme_id_map": {mark: [number] for number, mark in enumerate(marks)},
    }  # fmt: skip
    path.with_name("hum.onnx.json").write_text(json.dumps(config), encoding="utf-8")
    return path


def test_a_piper_voice_reads_as_fast_as_it_is_told_and_its_sentences_are_exact(humming: Path) -> None:
    speaker = open_speaker(Narration(voice=str(humming)), Path())
    line = "It burns slowly. Smith saw it from the far hill, and said nothing."
    spoken = [speaker.say(line, wpm) for wpm in (120, 180)]
    lengths = [one.seconds - 2 * 0.3 for one in spoken]
    assert lengths[0] / lengths[1] == pytest.approx(1.5, abs=0.02)
    assert speaker.say(line, 120).spans == spoken[0].spans, "captions come from one reading, the sound from another"
    assert len(spoken[0].spans) == 13
    assert spoken[0].spans[-1][1] == pytest.approx(spoken[0].seconds - 0.3, abs=0.01)
    assert spoken[0].spans[3][0] - spoken[0].spans[2][1] == pytest.approx(0.3, abs=0.01)


def test_a_damaged_piper_voice_is_one_sentence(humming: Path) -> None:
    humming.write_bytes(humming.read_bytes()[:100])
    with pytest.raises(SpeechError, match=r"hum\.onnx: it cannot be loaded \("):
        open_speaker(Narration(voice=str(humming)), Path())


def test_the_sound_of_a_film_holds_every_scene_at_its_place(tmp_path: Path) -> None:
    wav = tmp_path / "voice.wav"
    show = spoken_show("Fire!", seconds=3.0, lead=1.0)
    answer = voice.ask(show, tmp_path / "show.toml", wav, 8.0)
    assert answer.trouble == ""
    with wave.open(str(wav)) as file:
        assert (file.getframerate(), file.getnframes()) == (WAV_RATE, 8 * WAV_RATE)
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    # The show loops: three beginnings within 8 s, each silent for the lead.
    loud = [np.abs(sound[round(at * WAV_RATE) :][: WAV_RATE // 2]).max() for at in (0.4, 1.0, 3.4, 4.0, 6.4, 7.0)]
    assert max(loud[0::2]) == 0
    assert min(loud[1::2]) > 3000


# The real process


SCENES = [
    {"name": name, "seconds": 30, "fade": 0, "words": [{"text": name}], "narration": "The sea, the sea. " * 12}
    for name in ("one", "two")
]


def test_without_a_sound_device_the_show_goes_on_and_its_captions_are_there() -> None:
    with no_sound(), a_rig(a_show({}, scene=SCENES, narration={"lead": 0.1})) as rig:
        rig.spawn("control", "server.control")
        process = rig.spawn("narration", "server.narration")
        rig.snapshot(lambda shot: shot.narration == "The sea, the sea.", "a caption")
        status = rig.status_of("narration", "Nobody speaks: no output device was found")
        assert status.light == "amber"
        assert status.sentence.endswith("The captions are shown without the voice.")
        assert process.is_alive()
        assert "Traceback" not in rig.log_of("narration")


@pytest.mark.skipif(shutil.which("pulseaudio") is None, reason="pulseaudio is not installed")
def test_the_voice_is_heard_while_the_show_plays_and_falls_silent_with_it() -> None:
    with a_pulse(), a_rig(a_show({"audio": {}}, scene=SCENES, narration={"lead": 0.1})) as rig:
        hearing = rig.subscriber(channels_topic("audio"), Channels)
        for name in ("control", "audio", "narration"):
            rig.spawn(name, f"server.inputs.{name}" if name == "audio" else f"server.{name}")

        def level() -> float:
            news = hearing.newest(0.05)
            return -1.0 if news is None else news.values["audio/level"]

        rig.status_of("narration", "espeak-ng (en-gb) speaks through")
        until(lambda: level() > 0.3, "the voice")
        with closing(EventSender(rig.wires.run, EVENTS, "test")) as sender:
            sender.send("pause", "", time.monotonic())

            def paused(shot: Snapshot) -> bool:
                sender.resend(time.monotonic())
                return shot.playing == "paused"

            rig.snapshot(paused, "a pause")
        until(lambda: all(level() in (0.0, -1.0) for _ in range(8)), "silence")


def test_control_and_the_command_line_load_no_speech() -> None:
    looked = "import show.__main__, server.control, sys; sys.exit('server.speech.espeak' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", looked], check=False).returncode == 0


def test_the_cues_of_a_voiced_show_are_legal_in_a_show_file() -> None:
    heard, _ = voice.voiced(spoken_show(), Path("show.toml"))
    assert all(scene.cues for scene in Show.model_validate(heard.model_dump()).scene)
