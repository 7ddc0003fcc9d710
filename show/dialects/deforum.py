"""Deforum's settings files (JSON, mostly called .txt): camera, strength, cadence and prompts, in 2D and in 3D.

Schedules are read as show/dialects/schedule.py says; keys outside the film are never seen, as there. Prompts hold until
the next one, and in the mode Interpolation each becomes the next one. `--neg` excludes; `AND` joins phrases, whose
weight follows a colon and may be a sum in backticks; emphasis in brackets is lost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from show.dialects import formula, json_text, lanes, moves, phrases, schedule
from show.dialects.film import MOST_FRAMES, Curve, Film, FilmScene, curve, portion
from show.dialects.formula import Formula
from show.dialects.json_text import Node
from show.dialects.lanes import Lane
from show.dialects.schedule import Schedule, Series
from show.dialects.source import Piece, Source, quoted

FPS: Final = 15.0
REFERENCE: Final = 12.0
"""Pictures a second for which artist/strength is meant (render/feedback.py)."""
FLAT_FIELDS: Final = {
    "angle": 0.0,
    "zoom": 1.0,
    "translation_x": 0.0,
    "translation_y": 0.0,
    "transform_center_x": 0.5,
    "transform_center_y": 0.5,
}
DEEP_FIELDS: Final = {
    "translation_x": 0.0,
    "translation_y": 0.0,
    "translation_z": 0.0,
    "rotation_3d_x": 0.0,
    "rotation_3d_y": 0.0,
    "rotation_3d_z": 0.0,
    "fov_schedule": 70.0,
}
"""The fields that move the camera in 2D and in 3D, and what stands still."""
SCHEDULES: Final = (
    "noise_schedule contrast_schedule cfg_scale_schedule steps_schedule aspect_ratio_schedule near_schedule "
    "far_schedule seed_schedule pix2pix_img_cfg_scale_schedule subseed_schedule subseed_strength_schedule "
    "clipskip_schedule noise_multiplier_schedule ddim_eta_schedule ancestral_eta_schedule amount_schedule "
    "kernel_schedule sigma_schedule threshold_schedule cadence_flow_factor_schedule redo_flow_factor_schedule "
    "perspective_flip_theta perspective_flip_phi perspective_flip_gamma perspective_flip_fv strength_schedule"
)
TEXTS: Final = ("sampler_schedule", "mask_schedule", "noise_mask_schedule", "checkpoint_schedule")
_READ: Final = {
    *("W", "H", "fps", "max_frames", "seed", "seed_behavior", "animation_mode", "diffusion_cadence", "prompts"),
    *("animation_prompts", "positive_prompts", "negative_prompts", "strength_schedule", "use_depth_warping"),
    *("animation_prompts_positive", "animation_prompts_negative", "depth_algorithm", "batch_name"),
    *FLAT_FIELDS,
    *DEEP_FIELDS,
}
_PICTURE: Final = {
    "noise_schedule": "0: (0.065)",
    "contrast_schedule": "0: (1.0)",
    "cfg_scale_schedule": "0: (7)",
    "enable_perspective_flip": "false",
    "use_init": "false",
    "use_mask": "false",
    "color_coherence": "None",
    "use_looper": "false",
    "hybrid_composite": "None",
    "hybrid_motion": "None",
    "optical_flow_cadence": "None",
    "parseq_manifest": "",
    "enable_steps_scheduling": "false",
    "enable_checkpoint_scheduling": "false",
    "enable_sampler_scheduling": "false",
    "enable_subseed_scheduling": "false",
    "add_soundtrack": "None",
    "sd_model_name": "",
}
"""Fields without a counterpart that change pictures, and the value with which they do not, or not unlike here."""
_MATHS: Final = re.compile(r"`([^`]*)`")
_WEIGHT: Final = re.compile(r"(.*?):\s*(`[^`]*`|[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)\s*", re.DOTALL)
_NAMES: Final = ("t", "max_f", "s")
_JOINT: Final = re.compile(r"\bAND\b")


@dataclass(frozen=True)
class Said:
    """What one prompt says: phrases with their weights (numbers or formulas of the frame), and what it excludes."""

    phrases: tuple[tuple[str, float | Formula], ...]
    exclude: tuple[str, ...]
    piece: Piece


def found(node: Node) -> bool:
    """Whether a JSON object looks like Deforum's settings."""
    names = node.members.keys()
    return bool({"prompts", "animation_prompts"} & names) and bool({"max_frames", "animation_mode", "zoom"} & names)


def read(source: Source, fps: float | None = None) -> Film:
    """Return the film of a settings file; raise DialectError with the place of what cannot be read."""
    node = json_text.parse(source.whole())
    if node.kind != "object":
        raise node.piece.refusal("", "the settings of Deforum: {...}")
    frames = int(node.value("max_frames", 120, 1, MOST_FRAMES))
    rate = node.value("fps", FPS, 1, 240) if fps is None else fps
    size = node.value("W", 512, 16, 16384), node.value("H", 512, 16, 16384)
    seed = node.value("seed", -1, -1, 2**32)
    cadence = max(1.0, node.value("diffusion_cadence", 1, 0, 1000))
    film = Film("Deforum", rate, [], size, 1, rate / cadence, None if seed < 0 else int(seed) % 2**31)
    film.seeds_walk = node.word("seed_behavior", ("iter", "fixed", "random", "ladder", "alternate", "schedule")) != (
        "fixed"
    )
    mode = node.word("animation_mode", ("2D", "3D", "Interpolation", "Video Input", "None"))
    curves = {}
    marks = list(range(frames))
    for address, values in _rates(node, mode, frames, film, size).items():
        curves[address] = curve(marks, values)
    film.scenes = scenes(_prompts(node, frames, film), frames, mode == "Interpolation", film)
    begin = 0.0
    for scene in film.scenes:
        scene.curves = {address: portion(whole, begin, begin + scene.frames) for address, whole in curves.items()}
        begin += scene.frames
    lanes.keep(film.scenes, _lanes(node, mode, frames, film, size), frames)
    title = node.get("batch_name", "string")
    film.title = title.text if title is not None else film.scenes[0].phrases[0][0]
    _check_the_rest(node, frames, seed)
    _tell_lost(node, film, mode, cadence)
    return film


def series(node: Node, name: str, rest: float, frames: int, film: Film | None = None) -> Series:
    """Return the values of a field in every frame; `rest` where it is missing or empty."""
    keys = keys_of(node, name, frames)
    if keys is None:
        return np.full(frames, rest)
    outside = [key for key in keys.keys if not 0 <= key.frame <= frames - 1]
    if outside and film is not None:
        film.lost.append(f"{name}: the key in frame {outside[0].frame:g} lies outside the film and is never seen.")
    return keys.within(frames).series(frames)


def keys_of(node: Node, name: str, frames: int) -> Schedule | None:
    """Return the schedule of a field, None where it is missing or empty."""
    member = node.get(name)
    if member is None or (member.kind == "string" and not member.text.strip()):
        return None
    if member.kind not in ("string", "number"):
        raise member.piece.refusal(name, "a schedule such as 0: (1.0), 30: (1.5)")
    return schedule.read(member.piece, name, frames, node.value("seed", -1, -1, 2**32))


def _rates(node: Node, mode: str, frames: int, film: Film, size: tuple[float, float]) -> moves.Rates:
    """Return what moves in every frame, in the units of the show."""
    rates: moves.Rates = {}
    if mode == "3D":
        tx, ty, tz, rx, ry, rz, fov = (series(node, *field, frames, film) for field in DEEP_FIELDS.items())
        deep = moves.Deep(tx, ty, tz, rx, ry, rz, fov)
        depth = _depth(node)
        rates = moves.deep_rates(deep, film.fps, depth)
        if depth != moves.FLAT:
            film.lost.append("depth: pictures are flat here; parallax is lost.")
    elif mode in ("2D", "Video Input"):
        flat = moves.Flat(*(series(node, *field, frames, film) for field in FLAT_FIELDS.items()))
        if not (flat.zoom > 0).all():
            member = node.members["zoom"]
            raise member.piece.refusal("zoom", "zooms above 0 in all frames (1 stands still)")
        rates = moves.flat_rates(flat, film.fps, size)
    if mode != "None" and "strength_schedule" in node.members:
        kept = series(node, "strength_schedule", 0.65, frames, film)
        rates["artist/strength"] = moves.kept_strength(kept, film.rate, REFERENCE)
    return rates


def _lanes(node: Node, mode: str, frames: int, film: Film, size: tuple[float, float]) -> dict[str, Lane]:
    """Return how the show's parameters come from the fields of the file, one from one."""
    shapes: dict[str, tuple[str, str, bool]] = {}
    if mode == "3D":
        fov, depth = keys_of(node, "fov_schedule", frames), _depth(node)
        if fov is None or fov.within(frames).still:
            one = np.ones(1)
            wide = DEEP_FIELDS["fov_schedule"] if fov is None else fov.value(0.0)
            units = moves.deep_rates(moves.Deep(one, one, one, one, one, one, wide * one), film.fps, depth)
            names = ("x", "y", "z", "pitch", "yaw", "angle")
            for name, field in zip(names, DEEP_FIELDS, strict=False):
                shapes[f"camera/{name}"] = (field, f"{float(units[f'camera/{name}'][0])!r}*{{}}", True)
    elif mode in ("2D", "Video Input"):
        shapes["camera/zoom"] = ("zoom", f"{{}}**{film.fps!r}", False)
        shapes["camera/angle"] = ("angle", f"{-film.fps!r}*{{}}", True)
        if all((series(node, name, 0.5, frames) == 0.5).all() for name in ("transform_center_x", "transform_center_y")):
            shapes["camera/x"] = ("translation_x", f"{film.fps / size[0]!r}*{{}}", True)
            shapes["camera/y"] = ("translation_y", f"{film.fps / size[1]!r}*{{}}", True)
        if any(value for scene in film.scenes for _, value in scene.curves.get("camera/z", ())):
            del shapes["camera/zoom"]  # it is shared out between two parameters
    kept = series(node, "strength_schedule", 0.65, frames)
    if ((kept >= 0) & (kept <= 1)).all():
        shapes["artist/strength"] = ("strength_schedule", f"1-{{}}**{film.rate / REFERENCE!r}", False)
    found = {}
    for address, (field, shape, straight) in shapes.items():
        schedule_ = keys_of(node, field, frames)
        if schedule_ is not None:
            found[address] = Lane(schedule_.within(frames), shape, straight)
    return found


def _depth(node: Node) -> float:
    """Return the depth at which a picture stands in 3D."""
    warped = node.get("use_depth_warping")
    return moves.FLAT if warped is not None and warped.text == "false" else moves.DEPTH


def _prompts(node: Node, frames: int, film: Film) -> dict[int, Said]:
    """Return what is said from which frame on."""
    member = node.get("animation_prompts") or node.get("prompts")
    if member is None:
        raise node.piece.cut(0, 1).refusal("prompts", 'prompts such as "prompts": {"0": "a house"}')
    if member.kind == "string":
        member = json_text.parse(member.piece)
    if member.kind == "list":
        texts: list[tuple[float, Node]] = [(float(n), item) for n, item in enumerate(member.items)]
        film.lost.append("prompts without frames stand one frame each.")
    elif member.kind == "object":
        scope = {"max_f": float(frames - 1), "s": -1.0}
        texts = [(_prompt_frame(member.names[name], scope), text) for name, text in member.members.items()]
    else:
        raise member.piece.refusal("prompts", 'prompts such as {"0": "a house", "60": "a tree"}')
    before, after = (_around(node, sign) for sign in ("positive", "negative"))
    said = {}
    for frame, text in sorted(texts, key=lambda pair: pair[0]):
        if text.kind != "string":
            raise text.piece.refusal("prompts", "a text in double quotes")
        if 0 <= frame < frames:
            said[int(frame)] = spoken(text.piece, before, after, film)
        else:
            film.lost.append(f"prompts: the one in frame {frame:g} lies outside the film.")
    if not said:
        raise member.piece.refusal("prompts", f"a prompt in one of the frames 0 to {frames - 1}")
    return said


def _around(node: Node, sign: str) -> str:
    member = node.get(f"{sign}_prompts", "string") or node.get(f"animation_prompts_{sign}", "string")
    return member.text.strip() if member is not None else ""


def _prompt_frame(piece: Piece, scope: Mapping[str, float]) -> float:
    bare = piece.strip()
    if re.fullmatch(r"\d+(\.\d+)?", bare.text):
        return float(bare.text)
    return float(int(formula.read(bare, "prompts: frame", ("max_f", "s")).value(scope)))


def spoken(piece: Piece, before: str, after: str, film: Film) -> Said:
    """Return what a prompt says; `before` is said first in all prompts, `after` is excluded in all."""
    parts = phrases.bars(piece, "--neg")
    found: list[tuple[str, float | Formula]] = []
    joints = [0, *(place for joint in _JOINT.finditer(parts[0].text) for place in joint.span()), len(parts[0].text)]
    for begin, end in zip(joints[::2], joints[1::2], strict=True):
        part = parts[0].cut(begin, end).strip()
        if part.text:
            found += _phrase(part, before, film)
    if not found and before:
        found = [(text, 1.0) for text in phrases.shortened(before)]
    if not found:
        raise piece.refusal("prompts", "words to paint before any --neg")
    away = [text for part in parts[1:] for text in _excluded(part, film)] + ([after] if after else [])
    exclude = tuple(dict.fromkeys(text for one in away if one for text in phrases.shortened(one)))
    return Said(tuple(found), exclude, piece)


def _excluded(piece: Piece, film: Film) -> list[str]:
    """Return what one --neg excludes, without weights."""
    texts, begin = [], 0
    for joint in (*_JOINT.finditer(piece.text), None):
        part = piece.cut(begin, len(piece.text) if joint is None else joint.start()).strip()
        begin = 0 if joint is None else joint.end()
        weighted = _WEIGHT.fullmatch(part.text)
        if weighted:
            film.lost.append("weights of what is excluded.")
        texts.append(_plain(part.cut(*weighted.span(1)) if weighted else part, film))
    return texts


def _phrase(piece: Piece, before: str, film: Film) -> list[tuple[str, float | Formula]]:
    """Return one phrase of a prompt, in pieces that a show takes, with its weight."""
    matched = _WEIGHT.fullmatch(piece.text)
    weight: float | Formula = 1.0
    words = piece
    if matched:
        words, number = piece.cut(*matched.span(1)), piece.cut(*matched.span(2))
        sum_ = number.text.startswith("`")
        weight = formula.read(number.strip("`"), "prompts: weight", _NAMES) if sum_ else float(number.text)
        if isinstance(weight, float) and not math.isfinite(weight):
            raise number.refusal("prompts", "a finite weight")
    text = _plain(words, film)
    if not text:
        raise piece.refusal("prompts", "words before the weight")
    return [(part, weight) for part in phrases.shortened(f"{before} {text}".strip())]


def _plain(piece: Piece, film: Film) -> str:
    """Return the words of a prompt without emphasis and sums; these must be right all the same."""
    for maths in _MATHS.finditer(piece.text):
        formula.read(piece.cut(*maths.span(1)), "prompts", _NAMES)
    text, emphatic = phrases.attentive(_MATHS.sub("1", piece.text))
    bare = " ".join(re.sub(r"<[^<>]*>", " ", text).split()).strip(" ,")
    if emphatic:
        film.lost.append("emphasis inside prompts, (word:1.2): the words are kept, the emphasis is not.")
    if "<" in text and bare != text:
        film.lost.append("networks named in prompts, <lora:...>.")
    return bare


def scenes(said: Mapping[int, Said], frames: int, blended: bool, film: Film) -> list[FilmScene]:
    """Return a scene per prompt; blended, each becomes the next over its scene. The first holds from frame 0."""
    starts = sorted(said)
    found = []
    for number, start in enumerate(starts):
        after = starts[number + 1] if number + 1 < len(starts) else None
        begin, end = 0 if number == 0 else start, frames if after is None else after
        marks = np.arange(begin, min(end + 1, frames))
        shares = (
            np.zeros(len(marks)) if after is None or not blended else np.clip((marks - start) / (end - start), 0, 1)
        )
        texts = _cut(said[start], marks, 1 - shares, frames)
        if blended and after is not None:
            texts += _cut(said[after], marks, shares, frames)
        found.append(FilmScene(float(end - begin), texts, list(said[start].exclude)))
    if blended:
        film.lost.append("what is excluded does not blend between prompts; it changes with the scene.")
    return found


def _cut(one: Said, marks: NDArray[np.int64], shares: Series, frames: int) -> list[tuple[str, Curve]]:
    """Return the phrases of a prompt in some frames, their weights multiplied by shares."""
    scope = {"max_f": float(frames - 1), "s": -1.0}
    at, found = (marks - marks[0]).tolist(), []
    for text, weight in one.phrases:
        if isinstance(weight, float):
            found.append((text, curve(at, weight * shares)))
        else:
            values = np.array([weight.value({**scope, "t": float(mark)}) for mark in marks])
            found.append((text, curve(at, values * shares)))
    return found


def _check_the_rest(node: Node, frames: int, seed: float) -> None:
    """Read every other schedule too, so that a slip in it is found; what it says is lost."""
    for name in (*SCHEDULES.split(), *DEEP_FIELDS, *FLAT_FIELDS):
        member = node.get(name)
        if member is not None and member.kind == "string" and member.text.strip():
            schedule.read(member.piece, name, frames, seed)
    for name in TEXTS:
        member = node.get(name)
        if member is not None and member.kind == "string":
            schedule.words(member.piece, name, frames)


def _tell_lost(node: Node, film: Film, mode: str, cadence: float) -> None:
    for name, usual in _PICTURE.items():
        member = node.get(name)
        if member is not None and member.text.strip() not in (usual, "", "None", "none"):
            film.lost.append(f"{name}: {quoted(member.text)}.")
    others = [name for name in node.members if name not in _READ and name not in _PICTURE]
    if others:
        film.lost.append(f"{len(others)} more fields without a counterpart here: {', '.join(others[:6])} ...")
    if cadence > 1:
        film.lost.append(f"cadence {cadence:g}: {film.rate:g} pictures a second are painted; between them all move.")
    if mode == "Video Input":
        film.lost.append("the video that is painted over.")
    if mode == "3D":
        film.read.append("3D: angle and zoom are not used in this mode, as in Deforum.")
