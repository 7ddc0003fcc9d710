"""`oriel bench records`: how long the index of records takes to build and to search.

A search by words reads them (the critic's text tower), compares them with every record and names the nearest; one by
picture looks at it first. The machine's own limit is one pass over as many vectors in memory: no search that compares
all can be faster.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch

from render.atelier.records import caption_of, record
from render.critics.clip import Clip
from render.records import COUNT, Index, build_with_bar, index_path
from show.bench.report import Report
from show.errors import told

SEARCHES: Final = 200
BAR_MS: Final = 50.0
BAR_MINUTES: Final = 10.0
_FIRST: Final = 10_000_019
"""Number of the first record that is asked for: past every index, so that no search finds itself."""
_SIDE: Final = 256


def _milliseconds(runs: Sequence[Callable[[], Any]]) -> list[float]:
    times = []
    for run in runs:
        begun = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - begun))
    return times


def searches(report: Report, clip: Clip, index: Index, count: int) -> None:
    """Add how long `count` searches by words and by pictures took, each of words and pictures of its own."""
    words = [caption_of(_FIRST + number) for number in range(count)]
    drawn = [record(_FIRST + number, side=_SIDE).picture for number in range(count)]
    pictures = [picture.permute(1, 2, 0).contiguous().numpy() for picture in drawn]
    by_words: list[Callable[[], Any]] = [lambda w=one: index.near_words(w) for one in words]  # type: ignore[misc]
    by_picture: list[Callable[[], Any]] = [lambda p=one: index.near_picture(p) for one in pictures]  # type: ignore[misc]
    for name, runs in (("words", by_words), ("a picture", by_picture)):
        runs[0]()
        times = _milliseconds(runs)
        report.note(f"search by {name}, median, ms", float(np.median(times)), ".1f")
        report.at_most(f"search by {name}, p99, ms", float(np.percentile(times, 99)), BAR_MS, ".1f")
    as_many = torch.ones(len(index), 2, clip.read(words[:1]).shape[-1])
    limit = np.median(_milliseconds([as_many.sum] * 20))
    report.note("one pass over as many vectors, ms", float(limit), ".1f")


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="oriel bench records", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many records the index holds")
    parser.add_argument("--searches", type=int, default=SEARCHES, help="searches of either kind")
    parser.add_argument("--build", action="store_true", help="build the index anew, and say how long that took")
    wanted = parser.parse_args(words)
    report = Report()
    clip = Clip.load()
    if wanted.build or not index_path(wanted.count).is_file():
        begun = time.perf_counter()
        index = build_with_bar(clip, wanted.count)
        report.at_most("built in, minutes", (time.perf_counter() - begun) / 60, BAR_MINUTES, ".1f")
    else:
        index = Index.open(clip, wanted.count)
    searches(report, clip, index, wanted.searches)
    report.print(f"An index of {len(index)} records")


if __name__ == "__main__":
    sys.exit(told(main))
