"""Prompts of VQGAN+CLIP programs: `phrase:weight:stop | phrase:weight`, a scene a line, or with `^` or `||` between.

They say no times: every scene lasts as long as it is told to. A stop (the loss below which a phrase pulls no more),
image prompts in square brackets and pytti's masks have no counterpart and are lost.
"""

from __future__ import annotations

import re
from typing import Final

from show.dialects import phrases
from show.dialects.film import Film, FilmScene, still
from show.dialects.phrases import Phrase
from show.dialects.source import Piece, Source

FPS: Final = 12.0
_MASK: Final = re.compile(r"(?:_(?:[lrudnf]|\[[^\]]*\])[\d.]*)+\s*$")
_WEIGHTED: Final = re.compile(r"[^\d\s]\s*:\s*[+-]?(\d+\.?\d*|\.\d+)(\s*:\s*[+-]?(\d+\.?\d*|\.\d+|inf))?\s*([|^\n]|$)")


def found(source: Source) -> bool:
    """Whether a text looks like such prompts: few lines, every one with `|` or a weight at its end."""
    lines = [line for line in source.text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return 0 < len(lines) <= 400 and all("|" in line or _WEIGHTED.search(line.strip()) for line in lines)


def read(source: Source, seconds: float, zero_excludes: bool) -> Film:
    """Return a film whose scenes last some seconds each; raise DialectError with the place of what cannot be read."""
    film = Film("Imported prompts", FPS, [], (3.0, 5.0), 3, FPS)
    for line in phrases.bars(source.whole(), "\n"):
        if line.text.lstrip().startswith("#"):
            continue
        for story in phrases.bars(line, "^"):
            for part in phrases.bars(story, "||"):
                if part.strip().text:
                    film.scenes.append(_scene(part.strip(), seconds * FPS, zero_excludes, film))
    if not film.scenes:
        raise source.whole().strip().refusal("", "phrases such as a house: 1 | a tree: 0.5")
    film.title = film.scenes[0].phrases[0][0]
    film.read.append(f"These prompts say no times: {seconds:g} s a scene (--scene-seconds).")
    return film


def _scene(piece: Piece, frames: float, zero_excludes: bool, film: Film) -> FilmScene:
    scene = FilmScene(frames, [])
    for part in phrases.bars(piece):
        masked = _MASK.search(part.text)
        if masked:
            film.lost.append(f"{part.strip().at()}: the mask {masked[0].strip()!r}.")
        for phrase in phrases.read(part.cut(0, masked.start()) if masked else part, "prompt", film.lost):
            _add(scene, phrase, zero_excludes, film)
    if not any(weights[0][1] > 0 for _, weights in scene.phrases):
        raise piece.refusal("prompt", "a phrase with a weight above 0")
    return scene


def _add(scene: FilmScene, phrase: Phrase, zero_excludes: bool, film: Film) -> None:
    text = phrase.text
    if re.fullmatch(r"\[.*\]", text):
        film.lost.append(f"{phrase.piece.at()}: the image prompt {text!r}.")
        return
    if phrase.stop is not None:
        film.lost.append(f"{phrase.piece.at()}: the stop {phrase.stop:g} of {text!r}.")
    if phrase.weight == 0 and zero_excludes:
        scene.exclude.append(text)
        return
    if phrase.weight == 0:
        film.lost.append(f"{text!r} has a weight of 0, which never removed anything; --zero-excludes excludes it.")
    scene.phrases.append((text, still(phrase.weight)))
