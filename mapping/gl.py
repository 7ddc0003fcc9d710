"""Every call to OpenGL (through moderngl) stands here: layers, canvases, and the five ways to draw on them.

One context serves all outputs. It belongs to the first window if there is one (`Gl.of_window`), otherwise it needs no
display (`Gl.headless`, EGL). Each output is drawn on a canvas of its own and then presented.

Light: 8-bit layers and canvases are sRGB textures. OpenGL decodes them when they are sampled and encodes what is
written, so shaders, blending and filtering work in linear light and nobody else has to think of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, wraps
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal, ParamSpec, TypeVar

import moderngl
import numpy as np
from numpy.typing import NDArray

from mapping.homography import Floats, check_corners, edge_lines, edge_weights, grown
from show.errors import OutputError

Size = tuple[int, int]
Pixels = NDArray[np.uint8] | NDArray[np.float16] | NDArray[np.float32]
Kind = Literal["srgb", "half", "float"]

_SRGB8_ALPHA8: Final = 0x8C43
_FRAMEBUFFER_SRGB: Final = 0x8DB9
_SHADERS: Final = Path(__file__).parent / "shaders"
_RIM: Final = (0, 4, 1, 5, 2, 6, 3, 7, 0, 4)
"""Outer corners 0..3 and inner corners 4..7 of a surface as one triangle strip around its edge."""

_versions = count()

P = ParamSpec("P")
R = TypeVar("R")


def _said_plainly(call: Callable[P, R]) -> Callable[P, R]:
    """Turn a failure of the graphics driver into one sentence."""

    @wraps(call)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except moderngl.Error as error:
            raise OutputError(f"OpenGL: {error}; the graphics context may be lost") from error

    return guarded


class Layer:
    """Pixels on the graphics card that can be laid on a canvas; `version` is another number after every change."""

    def __init__(self, texture: Any) -> None:
        texture.repeat_x = texture.repeat_y = False
        self.texture = texture
        self.version = next(_versions)

    @property
    def size(self) -> Size:
        """Width and height in texels."""
        width, height = self.texture.size
        return width, height

    def write(self, pixels: Pixels) -> None:
        """Replace the pixels by others of the same shape and type."""
        self.texture.write(np.ascontiguousarray(pixels), alignment=1)
        self.version = next(_versions)


class Canvas:
    """Something to draw on; `layer` is what was drawn, so that it can be laid on another canvas."""

    def __init__(self, context: moderngl.Context, size: Size, kind: Kind) -> None:
        if kind == "srgb":
            texture = context.texture(size, 4, internal_format=_SRGB8_ALPHA8)
        else:
            texture = context.texture(size, 4, dtype="f2" if kind == "half" else "f4")
        self.kind = kind
        self.layer = Layer(texture)
        self.frame = context.framebuffer([texture])

    @property
    def size(self) -> Size:
        """Width and height in pixels."""
        return self.layer.size

    @_said_plainly
    def read(self) -> NDArray[np.uint8]:
        """Return what an sRGB canvas shows: (H, W, 4) uint8, the top row first (a view with rows reversed)."""
        width, height = self.size
        data = self.frame.read(components=4, alignment=1)
        return np.frombuffer(data, np.uint8).reshape(height, width, 4)[::-1]

    @_said_plainly
    def read_floats(self) -> NDArray[np.float32]:
        """Return what a float canvas shows: (H, W, 4) float32, the top row first."""
        width, height = self.size
        data = self.frame.read(components=4, dtype="f4", alignment=1)
        return np.frombuffer(data, np.float32).reshape(height, width, 4)[::-1]


class Shape:
    """A surface on a canvas: its geometry on the card, and the uniforms of its warp."""

    def __init__(self, gl: Gl, corners: Floats) -> None:
        corners = check_corners(corners)
        self.corners = corners
        self.box = (*(corners.min(0) - 1), *(corners.max(0) + 1))
        self.middle = corners.mean(0)
        shift = np.eye(3)
        shift[:2, 2] = self.middle
        lines = edge_lines(corners) @ shift
        weights = edge_weights(corners)
        self.edges = np.ascontiguousarray(lines * weights[:, None], np.float32).tobytes()
        self.pixels = tuple(1 / weights)
        self.rim, self.inside = self._geometry(gl)

    def _geometry(self, gl: Gl) -> tuple[Any, Any]:
        """Return the antialiased rim and the inside (None for a surface too thin to have one)."""
        outer = grown(self.corners, 1.0)
        if outer is None:  # unreachable corners at infinity: any shape that holds the surface will do
            left, top, right, bottom = self.box
            outer = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        inner = grown(self.corners, -1.0)
        if inner is None:
            return gl.points("warp_edge", outer[[0, 1, 3, 2]]), None
        ring = np.concatenate([outer, inner])[list(_RIM)]
        return gl.points("warp_edge", ring), gl.points("warp_inside", inner[[0, 1, 3, 2]])

    def touches(self, other: Shape) -> bool:
        """Say whether the boxes around two surfaces overlap."""
        left, top, right, bottom = self.box
        other_left, other_top, other_right, other_bottom = other.box
        return bool(left < other_right and other_left < right and top < other_bottom and other_top < bottom)


class Gl:
    """The one graphics context of the projector."""

    @_said_plainly
    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        context.gc_mode = "auto"
        context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        self._programs = {
            "warp_inside": self._program("warp"),
            "warp_edge": self._program("warp", "#define EDGE\n"),
            "mix": self._program("mix"),
            "overlay": self._program("overlay"),
            "strip": self._program("strip"),
        }
        mixing = self._programs["mix"]
        mixing["old_picture"], mixing["new_picture"] = 0, 1
        for name in ("warp_inside", "warp_edge"):
            self._programs[name]["picture"], self._programs[name]["mask"] = 0, 1
        self._whole = self.layer(np.ones((1, 1, 1), np.float32))
        self._rectangles: dict[str, Any] = {}

    @classmethod
    def headless(cls) -> Gl:
        """Return a context without a display (EGL); raise OutputError when there is none to be had."""
        settings: dict[str, Any] = {"backend": "egl"}
        try:
            return cls(moderngl.create_context(require=330, standalone=True, **settings))
        except Exception as error:
            # The loader raises whatever it likes: ImportError, OSError, Exception with the name of an EGL call.
            raise OutputError(
                f"no OpenGL without a display (EGL): {error}; install libegl1 and libgl1-mesa-dri"
            ) from None

    @classmethod
    def of_window(cls) -> Gl:
        """Return the context of the window that is current; raise OutputError when it has no OpenGL 3.3."""
        try:
            return cls(moderngl.create_context(require=330))
        except Exception as error:
            raise OutputError(f"the window has no OpenGL 3.3: {error}; install libgl1-mesa-dri") from None

    @property
    def renderer(self) -> str:
        """Who draws, in the driver's own words."""
        return str(self._context.info["GL_RENDERER"])

    @property
    def software(self) -> bool:
        """Whether the processor draws instead of a graphics card."""
        return any(name in self.renderer.lower() for name in ("llvmpipe", "softpipe", "swrast"))

    def layer(self, pixels: Pixels) -> Layer:
        """Return a layer of pixels (H, W, 3 or 4): uint8 is sRGB, floats are linear light, of 1 channel a mask."""
        height, width, depth = pixels.shape
        data = np.ascontiguousarray(pixels)
        if pixels.dtype == np.uint8:
            made = self._context.texture((width, height), depth, data, alignment=1, internal_format=_SRGB8_ALPHA8)
        else:
            made = self._context.texture((width, height), depth, data, alignment=1, dtype=f"f{pixels.itemsize}")
        return Layer(made)

    def canvas(self, size: Size, kind: Kind = "srgb") -> Canvas:
        """Return a black canvas: 8-bit sRGB, or linear light in half or single floats."""
        made = Canvas(self._context, size, kind)
        self.clear(made)
        return made

    def shape(self, corners: Floats) -> Shape:
        """Return a surface with corners (4, 2) in pixels of its canvas; raise HomographyError if no picture fits."""
        return Shape(self, corners)

    @_said_plainly
    def clear(self, canvas: Canvas) -> None:
        """Make a canvas black."""
        canvas.frame.clear(0.0, 0.0, 0.0, 1.0)

    @_said_plainly
    def mix(self, canvas: Canvas, old: Layer, new: Layer, weight: float, zooms: tuple[float, float]) -> None:
        """Crossfade from `old` to `new` (weight 0..1) in linear light, each zoomed about its middle."""
        old.texture.use(0)
        new.texture.use(1)
        self._fill("mix", canvas, (0, 0), canvas.size, {"weight": weight, "zooms": zooms})
        canvas.layer.version = next(_versions)

    @_said_plainly
    def warp(
        self, canvas: Canvas, shape: Shape, picture: Layer, level: float, over: bool = True, mask: Layer | None = None
    ) -> None:
        """Lay a picture on a surface with brightness `level` (linear light), `over` what is there already.

        Of a `mask`, red says how much light comes through at each place of the picture.
        """
        self._prepare(canvas, over)
        picture.texture.use(0)
        (mask or self._whole).texture.use(1)
        for name, points in (("warp_edge", shape.rim), ("warp_inside", shape.inside)):
            if points is not None:
                program = self._programs[name]
                program["size"], program["middle"], program["level"] = canvas.size, tuple(shape.middle), level
                program["edges"].write(shape.edges)
                if "pixels" in program:
                    program["pixels"] = shape.pixels
                points.render(moderngl.TRIANGLE_STRIP)

    @_said_plainly
    def overlay(self, canvas: Canvas, drawing: Layer, corner: Size, opacity: float) -> None:
        """Lay a ready drawing over a canvas, its top left at `corner` in whole pixels."""
        drawing.texture.use(0)
        self._fill("overlay", canvas, corner, drawing.size, {"corner": corner, "opacity": opacity}, over=True)

    @_said_plainly
    def shrink(self, canvas: Canvas, shown: Canvas) -> None:
        """Fill a canvas with what another one shows, scaled down."""
        shown.layer.texture.use(0)
        # A bilinear tap covers two pixels each way.
        taps = max(1, math.ceil(max(shown.size[0] / canvas.size[0], shown.size[1] / canvas.size[1]) / 2))
        self._fill("strip", canvas, (0, 0), canvas.size, {"taps": taps})

    @_said_plainly
    def blit(self, canvas: Canvas) -> None:
        """Copy a canvas to the window that the context belongs to."""
        blit(self._context, canvas.frame)

    @_said_plainly
    def finish(self) -> None:
        """Wait until everything is drawn; raise OutputError when the driver reports an error."""
        self._context.finish()
        error = self._context.error
        if error != "GL_NO_ERROR":
            raise OutputError(f"OpenGL: {error}; the graphics context may be lost")

    def close(self) -> None:
        """Let go of the context."""
        self._context.release()

    def points(self, program: str, points: Floats) -> Any:
        """Return points (N, 2) in pixels on the card, ready to be drawn by a program."""
        buffer = self._context.buffer(np.ascontiguousarray(points, np.float32).tobytes())
        return self._context.vertex_array(self._programs[program], [(buffer, "2f", "place")])

    def _program(self, fragment: str, defines: str = "") -> Any:
        head = "#version 330\n" + defines
        return self._context.program(head + _source("place.vert"), head + _source(f"{fragment}.frag"))

    def _prepare(self, canvas: Canvas, over: bool) -> None:
        canvas.frame.use()
        self._context.enable_direct(_FRAMEBUFFER_SRGB)
        (self._context.enable if over else self._context.disable)(moderngl.BLEND)

    def _fill(
        self, name: str, canvas: Canvas, corner: Size, extent: Size, values: dict[str, Any], over: bool = False
    ) -> None:
        """Draw a rectangle of whole pixels by a program."""
        self._prepare(canvas, over)
        program = self._programs[name]
        for key, value in {"size": canvas.size, **values}.items():
            program[key] = value
        left, top = corner
        right, bottom = left + extent[0], top + extent[1]
        square = np.array([[left, top], [right, top], [left, bottom], [right, bottom]], np.float32)
        if name not in self._rectangles:
            buffer = self._context.buffer(reserve=square.nbytes, dynamic=True)
            self._rectangles[name] = buffer, self._context.vertex_array(program, [(buffer, "2f", "place")])
        buffer, array = self._rectangles[name]
        buffer.write(square.tobytes())
        array.render(moderngl.TRIANGLE_STRIP)


class Sibling:
    """The context of a second window, which shares its textures with the first; made while that window is current."""

    def __init__(self) -> None:
        self._context = moderngl.create_context(require=330)
        self._seen: tuple[Any, Any] | None = None

    @_said_plainly
    def blit(self, canvas: Canvas) -> None:
        """Copy a canvas of the first context to this window, which must be current."""
        texture = canvas.layer.texture
        if self._seen is None or self._seen[0] is not texture:
            shared = self._context.external_texture(texture.glo, texture.size, 4, 0, "f1")
            # Framebuffers are not shared between contexts, textures are.
            self._seen = texture, self._context.framebuffer([shared])
        blit(self._context, self._seen[1])


def blit(context: moderngl.Context, frame: Any) -> None:
    """Copy a framebuffer byte by byte to the window of a context, one pixel to one pixel."""
    context.disable_direct(_FRAMEBUFFER_SRGB)
    context.screen.use()
    context.screen.viewport = (0, 0, *frame.size)
    context.copy_framebuffer(context.detect_framebuffer(0), frame)


@cache
def _source(name: str) -> str:
    return (_SHADERS / name).read_text(encoding="utf-8")
