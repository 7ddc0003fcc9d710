"""`python -m mapping.sound FILM.mp4 SOUND.wav`: give a film its sound track; the pictures are copied as they are."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

from show.errors import OrielError, OutputError

BIT_RATE = 64_000


def join(film: Path, sound: Path) -> None:
    """Put a sound file into a film as AAC; the film is replaced only when the new one is whole. Raise OutputError."""
    import av

    partial = film.with_name(film.name + ".partial")
    try:
        with (
            av.open(str(film)) as pictures,
            av.open(str(sound)) as voice,
            av.open(str(partial), "w", format="mp4") as out,
        ):
            copied: Any = out.add_stream_from_template(pictures.streams.video[0])
            encoded: Any = out.add_stream("aac", rate=voice.streams.audio[0].rate)
            encoded.bit_rate = BIT_RATE
            encoded.layout = "mono"
            _interleave(pictures, voice, copied, encoded, out)
        partial.replace(film)
    except (av.FFmpegError, OSError, IndexError) as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"film {film}: it gets no sound track ({error}); the film without sound is whole") from None


def _interleave(pictures: Any, voice: Any, copied: Any, encoded: Any, out: Any) -> None:
    """Write pictures and sound in the order of time, so that a player needs to look ahead but little."""
    frames = voice.decode(audio=0)
    frame = next(frames, None)
    for packet in pictures.demux(video=0):
        if packet.dts is None:
            continue
        now = Fraction(packet.dts) * packet.time_base
        while frame is not None and Fraction(frame.pts) * frame.time_base <= now:
            out.mux(encoded.encode(frame))
            frame = next(frames, None)
        packet.stream = copied
        out.mux(packet)
    while frame is not None:
        out.mux(encoded.encode(frame))
        frame = next(frames, None)
    out.mux(encoded.encode(None))


if __name__ == "__main__":
    try:
        join(Path(sys.argv[1]), Path(sys.argv[2]))
    except OrielError as wrong:
        sys.stderr.write(f"{wrong}\n")
        sys.exit(wrong.exit_code)
