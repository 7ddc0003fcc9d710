"""`oriel bench picture`: how good the embedded model is, as a table beside the same figures of real records.

Everything is painted from fresh random numbers, of combinations that training never saw. The critic looks at it, and a
second one of another kind where training left it: the folder that ships holds the first alone. What counts is the share
of what they say of real records.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from PIL import Image
from torch import Tensor

from render.artists.diffusion import OPTIONS, PARAMETERS
from render.atelier.captions import caption
from render.atelier.records import draw_batch
from render.atelier.subjects import SUBJECTS
from render.bench.judge import EACH, Judge, Shown, Verdict, decibels, edges, hue_share, to_bytes, to_unit
from render.bench.walk import walk
from render.critics.clip import FOLDER, Clip
from render.latents import Forward, sample, trailing
from render.machine import choose
from render.models import Models, load_models
from render.records import COUNT, Index, build_with_bar, index_path
from render.train.run import default_work
from show.bench.report import Report
from show.errors import told
from show.parameter import options

SERIES: Final = 9
"""Seed of the held-out records: no stage of training draws from it."""
_SIDE: Final = 256
_CALIBRATION: Final = 1024
_INDEXED: Final = 16_128
_SECOND: Final = default_work() / "second-critic"
_SHEET: Final = 64
_SHEET_COLUMNS: Final = 8


def real_records(each: int = EACH) -> Shown:
    """`each` square records of every subject, of combinations that were never trained."""
    pictures, parameters = [], []
    words: list[str] = []
    chooser = random.Random(SERIES)
    for batch in range(len(SUBJECTS)):
        drawn = draw_batch(batch, side=_SIDE, seed=SERIES, held=True, shape="square", sheets=slice(each))
        pictures.append(drawn.pictures)
        parameters.extend(drawn.parameters)
        words.extend(caption(p, chooser, complete=True) for p in drawn.parameters)
    return Shown(torch.cat(pictures), parameters, words)


def _network(models: Models, words: Tensor) -> Forward:
    return lambda x, timestep: models.forward(x, timestep, words)


@torch.inference_mode()
def painted(
    models: Models, words: Sequence[str], steps: int, start: Tensor | None = None, strength: float = 1.0
) -> Tensor:
    """Pictures (N, 3, 256, 256) uint8 of phrases from fresh noise, or from latents `start` at a strength 0..1."""
    generator = torch.Generator().manual_seed(SERIES)
    side = _SIDE // models.scale
    times = trailing(strength, steps, len(models.schedule.alphas))
    made = []
    for at in range(0, len(words), 8):
        said = torch.stack([models.reader.embed(phrase) for phrase in words[at : at + 8]])
        noise = models.noise * torch.randn(len(said), models.channels, side, side, generator=generator)
        noise = noise.to(models.machine.device)
        alpha = models.schedule.alpha(times[0])
        begin = torch.zeros_like(noise) if start is None else start[at : at + 8]
        x = alpha**0.5 * begin + (1 - alpha) ** 0.5 * noise
        clean = sample(_network(models, said), x, times, models.schedule, noise)
        made.append(to_bytes(models.decode(clean)))
    return torch.cat(made)


@torch.inference_mode()
def copied(models: Models, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Latents of pictures, and the pictures that come back."""
    latents = torch.cat([models.encode(to_unit(part)) for part in torch.split(pictures, 16)])
    made = torch.cat([to_bytes(models.decode(part)) for part in torch.split(latents, 16)])
    return latents, made


def _say_real(report: Report, judges: dict[str, Judge], real: Shown) -> dict[str, Verdict]:
    """What the critics say of real records: the bar that everything else is measured by."""
    verdicts = {}
    for name, judge in judges.items():
        verdict = verdicts[name] = judge.verdict(real)
        report.at_least(f"real records, {name}: subject", verdict.subject, 0.90)
        report.at_least(f"real records, {name}: colour", verdict.colour, 0.95)
        report.at_least(f"real records, {name}: style", verdict.style, 0.90)
        first = Shown(real.pictures[:1000], real.parameters[:1000], real.words[:1000])
        report.at_least(f"real records, {name}: recall@5 of {len(first.words)} captions", judge.recall(first), 0.80)
    return verdicts


def _say_painted(
    report: Report, judges: dict[str, Judge], real: Shown, truth: dict[str, Verdict], models: Models
) -> None:
    for steps in (1, 2):
        made = Shown(painted(models, real.words, steps), real.parameters, real.words)
        what = f"{steps} step{'s' * (steps > 1)}"
        for name, judge in judges.items():
            verdict = judge.verdict(made)
            report.at_least(f"{what}, {name}: score, share of real", verdict.fit / truth[name].fit, 0.90)
            report.at_least(f"{what}, {name}: subject, share of real", verdict.subject / truth[name].subject, 0.70)
            report.at_most(f"{what}, {name}: likeness of pairs", verdict.alike, truth[name].alike + 0.03, ".3f")
        report.at_least(f"{what}: hue right", hue_share(made), 0.95)
        report.at_least(f"{what}: edges, share of real", edges(made.pictures) / edges(real.pictures), 0.60)


def _say_started(
    report: Report, judges: dict[str, Judge], real: Shown, truth: dict[str, Verdict], models: Models, index: Index
) -> None:
    """Painting that begins from the nearest record of the words instead of from noise.

    The artist's strength rises from nothing to its full; what words make of a record is told by one painting at either.
    """
    records = [index.near_words(words, 1)[0].draw(_SIDE).picture for words in real.words]
    squares = torch.stack([_square(picture) for picture in records])
    start = copied(models, squares)[0]
    strength = next(float(one.default) for one in PARAMETERS if one.address == "artist/strength")
    for when, share in (("at first", 0.0), ("repainted once at full strength", strength)):
        made = Shown(painted(models, real.words, 1, start, share), real.parameters, real.words)
        for name, judge in judges.items():
            right = judge.verdict(made).subject / truth[name].subject
            report.at_least(f"from the nearest record, {when}, {name}: subject, share of real", right, 0.90)


def _square(picture: Tensor) -> Tensor:
    """A record (3, H, W) uint8 of any shape squashed to the square."""
    size = (_SIDE, _SIDE)
    small = torch.nn.functional.interpolate(picture[None].float(), size, mode="bilinear", antialias=True)[0]
    return small.round().clamp(0, 255).to(torch.uint8)


def _say_unseen(report: Report, judges: dict[str, Judge], models: Models) -> None:
    """Words that no caption ever used, against words that captions do use."""
    known = [(number, subject.words[k % len(subject.words)]) for number, subject in enumerate(SUBJECTS) for k in (0, 1)]
    unseen = [(number, word) for number, subject in enumerate(SUBJECTS) for word in subject.held]
    for name, judge in judges.items():
        shares = []
        for asked in (known, unseen):
            named = judge.subjects(painted(models, [word for _, word in asked], 1))
            shares.append(float((named == torch.tensor([number for number, _ in asked])).float().mean()))
        report.at_least(f"words outside the captions, {name}: subject, share of known", shares[1] / shares[0], 0.60)


def _say_walk(report: Report, models: Models, critic: Clip, frames: int, strip: Path | None) -> None:
    found = walk(models, critic, frames, strip)
    report.within(
        f"walk of {frames} frames: contrast, back at its first words, share of then", found.contrast, 0.75, 1.25
    )
    report.at_least("walk: saturation, back at its first words, share of then", found.saturation, 0.80)
    report.within("walk: mean distance of frames", found.distance, 0.01, 0.06, ".3f")
    report.at_least("walk: prompts arrived at, of 4", found.arrived, 4, ".0f")


def _save_sheet(models: Models, words: Sequence[str], path: Path) -> None:
    """Write one picture each of _SHEET prompts, evenly from all subjects, and print the prompts."""
    chosen = [words[number * len(words) // _SHEET] for number in range(_SHEET)]
    pictures = painted(models, chosen, 1)
    rows = pictures.reshape(-1, _SHEET_COLUMNS, *pictures.shape[1:])
    sheet = rows.permute(0, 3, 1, 4, 2).flatten(2, 3).flatten(0, 1)
    Image.fromarray(sheet.numpy()).save(path)
    for number, phrase in enumerate(chosen, 1):
        print(f"{number}. {phrase}")


def _say_speed(report: Report, models: Models) -> None:
    """Milliseconds of a 256 x 256 triptych, feedback included, times this process's own bf16 GFLOP/s."""
    from render.bench.walk import frame_seconds

    a = torch.randn(_CALIBRATION, _CALIBRATION, dtype=torch.bfloat16, device=models.machine.device)
    best = min(_seconds(lambda: a @ a) for _ in range(30))
    speed = 2 * _CALIBRATION**3 / best / 1e9
    frame = frame_seconds(models) * 1e3
    report.note("one triptych, ms", frame, ".1f")
    report.note("bf16 product of this process, GFLOP/s", speed, ".0f")
    report.at_most("ms x GFLOP/s", frame * speed, 40_000, ".0f")


def _seconds(work: object) -> float:
    assert callable(work)
    begun = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def _noise(text: str) -> float:
    try:
        strength = float(text)
    except ValueError:
        strength = math.nan
    if not 0 < strength < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return strength


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="oriel bench picture", description="How good the embedded model is.")
    parser.add_argument("--model", default="embedded", help="another folder of the same kind")
    parser.add_argument("--frames", type=int, default=2000, help="length of the walk")
    parser.add_argument("--each", type=int, default=EACH, help="records of every subject")
    parser.add_argument("--second", type=Path, default=_SECOND, help="folder of the second critic, as training left it")
    parser.add_argument("--noise", type=_noise, help="strength of the noise to paint from (left out: the model's own)")
    parser.add_argument("--compile", action="store_true", help="measure the speed with compile = true")
    parser.add_argument("--strip", type=Path, help="write a strip of the walk into this file")
    parser.add_argument("--sheet", type=Path, help="write the first pictures, in one step, into this file")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    wanted = _arguments(words)
    report = Report()
    given = options(OPTIONS, {"threads": torch.get_num_threads()}, "artist diffusion")
    machine = choose(given, deterministic=False)
    models = load_models(wanted.model, "", machine, lambda _sentence: None)
    models.noise = wanted.noise or models.noise
    judges = {"critic": Judge(Clip.load(folder=FOLDER))}
    if wanted.second.is_dir():
        judges["second critic"] = Judge(Clip.load(folder=wanted.second))
    real = real_records(wanted.each)
    truth = _say_real(report, judges, real)
    _, copies = copied(models, real.pictures)
    report.at_least("there and back: dB", decibels(copies, real.pictures), 27, ".1f")
    report.at_least("there and back: edges, share of real", edges(copies) / edges(real.pictures), 0.75)
    _say_painted(report, judges, real, truth, models)
    first = Clip.load(folder=FOLDER)
    built = COUNT if index_path().is_file() else _INDEXED
    index = Index.open(first, built) if index_path(built).is_file() else build_with_bar(first, built)
    _say_started(report, judges, real, truth, models, index)
    _say_unseen(report, judges, models)
    if wanted.sheet is not None:
        _save_sheet(models, real.words, wanted.sheet)
    _say_walk(report, models, first, wanted.frames, wanted.strip)
    if wanted.compile:
        models.compile()
    _say_speed(report, models)
    report.print(f"The embedded model on {machine.place}, beside {len(real.words)} real records, never trained")


if __name__ == "__main__":
    sys.exit(told(main))
