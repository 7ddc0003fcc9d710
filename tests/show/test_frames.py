"""The frame bus under real shared memory: newest wins, no torn frame is ever seen, a killed writer does no harm."""

from __future__ import annotations

import multiprocessing
import os
import signal
import uuid
from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest

from show.errors import WireError
from show.frames import FrameReader, FrameWriter, Stamps, attach, create

SHAPE = (3, 24, 16, 3)
CAPACITY = 3 * 24 * 16 * 3


@pytest.fixture
def segment() -> Iterator[SharedMemory]:
    made = create(f"oriel-test-{uuid.uuid4().hex[:8]}", CAPACITY)
    yield made
    made.close()
    made.unlink()


def picture(value: int) -> np.ndarray:
    return np.full(SHAPE, value % 256, np.uint8)


def test_a_frame_arrives_whole_with_its_stamps(segment: SharedMemory) -> None:
    writer, reader = FrameWriter(segment), FrameReader(segment)
    assert reader.newest() is None
    stamps = Stamps(7, 8, 9, 10, 11, 12, 13)
    pixels = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)
    assert writer.publish(pixels, stamps) == 1
    frame = reader.newest()
    assert frame is not None
    assert frame.id == 1
    assert frame.stamps == stamps
    assert np.array_equal(frame.pictures, pixels)
    assert reader.newest(after=1) is None


def test_newest_wins_and_old_frames_are_forgotten(segment: SharedMemory) -> None:
    writer, reader = FrameWriter(segment), FrameReader(segment)
    for value in range(1, 11):
        writer.publish(picture(value), Stamps(snapshot_id=value))
    frame = reader.newest(after=3)
    assert frame is not None
    assert (frame.id, frame.stamps.snapshot_id, int(frame.pictures[0, 0, 0, 0])) == (10, 10, 10)


def test_a_smaller_picture_than_the_last_one_is_read_at_its_own_size(segment: SharedMemory) -> None:
    # The ladder of degradation paints smaller pictures; a reader that cached the old shape would tear them.
    writer, reader = FrameWriter(segment), FrameReader(segment)
    writer.publish(picture(1), Stamps())
    writer.publish(np.full((3, 8, 8, 3), 5, np.uint8), Stamps())
    frame = reader.newest()
    assert frame is not None
    assert frame.pictures.shape == (3, 8, 8, 3)
    assert (frame.pictures == 5).all()


def test_a_picture_that_does_not_fit_is_refused_by_name(segment: SharedMemory) -> None:
    writer = FrameWriter(segment)
    with pytest.raises(WireError, match="do not fit"):
        writer.publish(np.zeros((4, 24, 16, 3), np.uint8), Stamps())
    with pytest.raises(WireError, match="uint8"):
        writer.publish(np.zeros(SHAPE, np.float32), Stamps())
    assert FrameReader(segment).newest() is None


def test_a_missing_or_foreign_segment_is_named() -> None:
    with pytest.raises(WireError, match="no such segment"):
        attach("oriel-test-not-there")
    foreign = SharedMemory(name=f"oriel-test-{uuid.uuid4().hex[:8]}", create=True, size=4096)
    try:
        with pytest.raises(WireError, match="not a frame bus"):
            attach(foreign.name)
    finally:
        foreign.close()
        foreign.unlink()


def test_a_second_house_of_the_same_name_is_refused(segment: SharedMemory) -> None:
    with pytest.raises(WireError, match="exists already"):
        create(segment.name, CAPACITY)


def write_forever(name: str) -> None:
    writer = FrameWriter(attach(name))
    while True:
        number = writer.newest + 1
        writer.publish(picture(number), Stamps(snapshot_id=number))


def test_readers_never_see_a_torn_frame_and_a_killed_writer_is_followed_by_another(segment: SharedMemory) -> None:
    spawn = multiprocessing.get_context("spawn")
    reader = FrameReader(segment)
    seen = 0
    for _ in range(3):
        process = spawn.Process(target=write_forever, args=(segment.name,))
        process.start()
        goal = seen + 400
        while seen < goal:
            frame = reader.newest(after=seen)
            if frame is None:
                continue
            assert frame.id > seen
            assert frame.stamps.snapshot_id == frame.id
            assert (frame.pictures == frame.id % 256).all(), "a torn frame"
            seen = frame.id
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        process.close()
    frame = reader.newest()
    assert frame is not None
    assert (frame.pictures == frame.id % 256).all()
