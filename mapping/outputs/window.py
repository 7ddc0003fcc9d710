"""A real window through glfw, on a chosen monitor, in full if wanted. F11 toggles full screen; nothing closes it.

A monitor that is unplugged takes its window with it, and no other: the window is hidden until the monitor is back.

The first window's context serves the whole projector. Further windows share its textures and copy the finished canvas
with a context of their own. Only the first window waits for the display (swap interval 1): two that wait would halve
the rate of both.
"""

from __future__ import annotations

import ctypes
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from mapping.outputs import base
from show.errors import OutputError
from show.log import get_log
from show.parameter import Parameter

if TYPE_CHECKING:
    from mapping.gl import Canvas, Gl, Sibling

_LOOK_SECONDS: Final = 1.0

OPTIONS: Final = (
    Parameter("monitor", "text", "", "Monitor by number (0 is the first) or name; empty: where the desktop puts it"),
    Parameter("fullscreen", "bool", False, "Fill the monitor"),
)


class Output(base.Output):
    """One window; its size is that of its framebuffer, whatever the show file says once it fills a monitor."""

    has_context: ClassVar[bool] = True

    def __init__(self, place: base.Place, lead: Output | None) -> None:
        self._glfw = start_glfw(place.name)
        self._place = place
        self._lead = lead
        self._monitor = _monitor(self._glfw, place)
        self._look_at = 0.0
        self._window = self._create()
        self._sibling: Sibling | None = None
        self._restore = (0, 0, *place.size)
        glfw = self._glfw
        glfw.make_context_current(self._window)
        glfw.swap_interval(1 if lead is None else 0)
        glfw.set_key_callback(self._window, self._key)
        glfw.set_input_mode(self._window, glfw.CURSOR, glfw.CURSOR_HIDDEN)
        if lead is not None:
            from mapping.gl import Sibling

            self._sibling = Sibling()
            glfw.make_context_current(lead._window)
        if bool(place.options.get("fullscreen", False)):
            self._fill()
        if self._monitor is None and _wanted(place):
            self._lose()
        self.refresh = self._refresh()
        self.size = self._framebuffer()

    @classmethod
    def open(cls, place: base.Place, lead: base.Output | None) -> Self:
        """Open the window; raise OutputError when there is no display or no such monitor."""
        return cls(place, lead if isinstance(lead, Output) else None)

    def present(self, gl: Gl, canvas: Canvas, now: float) -> None:
        """Copy the canvas to the window and show it; raise OutputError when the window is gone."""
        glfw = self._glfw
        if self.trouble and not self._found(now):
            glfw.poll_events()
            return
        if self._sibling is None:
            gl.finish()
            gl.blit(canvas)
            glfw.swap_buffers(self._window)
        else:
            gl.finish()
            glfw.make_context_current(self._window)
            self._sibling.blit(canvas)
            glfw.swap_buffers(self._window)
            assert self._lead is not None
            glfw.make_context_current(self._lead._window)
        glfw.poll_events()
        if glfw.window_should_close(self._window):
            # Somebody at the desktop clicked it away; a show ends on the phone page or in the terminal.
            glfw.set_window_should_close(self._window, False)
            get_log().warning(
                f"the window {self._place.name} stays open while the show plays; stop the show with Ctrl-C"
            )
        self._check()
        if not self.trouble:
            self.size = self._framebuffer()

    def close(self) -> None:
        """Close the window."""
        self._glfw.destroy_window(self._window)
        if self._lead is None:
            self._glfw.terminate()

    def _create(self) -> Any:
        glfw, place = self._glfw, self._place
        glfw.window_hint(glfw.CONTEXT_VERSION_MAJOR, 3)
        glfw.window_hint(glfw.CONTEXT_VERSION_MINOR, 3)
        glfw.window_hint(glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE)
        glfw.window_hint(glfw.AUTO_ICONIFY, False)
        title = f"{place.title}: {place.name}"
        share = self._lead._window if self._lead is not None else None
        window = glfw.create_window(*place.size, title, None, share)
        if not window:
            raise OutputError(f"output {place.name}: no window can be opened ({_complaint(glfw)})")
        self._put(window)
        return window

    def _put(self, window: Any) -> None:
        """Put the window on its monitor. Wayland lets nobody do this; there only full screen reaches the monitor."""
        glfw = self._glfw
        if self._monitor is not None and glfw.get_platform() != glfw.PLATFORM_WAYLAND:
            glfw.set_window_pos(window, *glfw.get_monitor_pos(self._monitor))

    def _key(self, _window: Any, key: int, _code: int, action: int, _modifiers: int) -> None:
        if key == self._glfw.KEY_F11 and action == self._glfw.PRESS:
            if self._glfw.get_window_monitor(self._window):
                self._glfw.set_window_monitor(self._window, None, *self._restore, 0)
            else:
                self._fill()

    def _fill(self) -> None:
        """Fill the chosen monitor (or the first) in its own mode."""
        glfw = self._glfw
        if glfw.get_platform() != glfw.PLATFORM_WAYLAND:
            self._restore = (*glfw.get_window_pos(self._window), *glfw.get_window_size(self._window))
        monitor = self._monitor or glfw.get_primary_monitor()
        mode = glfw.get_video_mode(monitor)
        glfw.set_window_monitor(self._window, monitor, 0, 0, mode.size.width, mode.size.height, mode.refresh_rate)

    def _refresh(self) -> float:
        monitor = self._monitor or self._glfw.get_primary_monitor()
        mode = self._glfw.get_video_mode(monitor) if monitor else None
        return float(mode.refresh_rate) if mode and mode.refresh_rate > 0 else 60.0

    def _framebuffer(self) -> tuple[int, int]:
        width, height = self._glfw.get_framebuffer_size(self._window)
        return max(1, width), max(1, height)

    def _check(self) -> None:
        glfw = self._glfw
        if self._monitor is not None and _address(self._monitor) not in map(_address, glfw.get_monitors()):
            self._lose()
        elif not glfw.get_window_attrib(self._window, glfw.VISIBLE):
            raise OutputError(f"output {self._place.name}: its window is gone")

    def _lose(self) -> None:
        """Hide the window, whose monitor is gone: elsewhere it would cover another one."""
        glfw = self._glfw
        if glfw.get_window_monitor(self._window):  # a window in full cannot be hidden
            glfw.set_window_monitor(self._window, None, *self._restore, 0)
        glfw.hide_window(self._window)
        self.trouble = f"The monitor of output {self._place.name} is gone; everything else goes on."
        get_log().warning(self.trouble)

    def _found(self, now: float) -> bool:
        """Look once a second for the monitor that is gone; show the window again on one that is found."""
        if now < self._look_at:
            return False
        self._look_at = now + _LOOK_SECONDS
        self._monitor = _named(self._glfw, _wanted(self._place))
        if self._monitor is None:
            return False
        self._glfw.show_window(self._window)
        self._put(self._window)
        if bool(self._place.options.get("fullscreen", False)):
            self._fill()
        self.trouble = ""
        get_log().info(f"the monitor of output {self._place.name} is back")
        return True


def start_glfw(name: str) -> ModuleType:
    """Return glfw, started; raise OutputError when there is no display."""
    try:
        import glfw
    except ImportError as error:
        raise OutputError(f"output {name}: the window library glfw is missing ({error})") from None
    vars(glfw)["ERROR_REPORTING"] = False  # we ask for errors ourselves and say them in our own words
    if not glfw.init():
        raise OutputError(
            f"output {name}: there is no display for a window ({_complaint(glfw)}); use --headless to play without one"
        )
    module: ModuleType = glfw
    return module


def _complaint(glfw: ModuleType) -> str:
    code, said = glfw.get_error()
    words = said.decode(errors="replace") if isinstance(said, bytes) else str(said or code)
    return words.removeprefix("X11: ").removeprefix("Wayland: ").strip()


def monitors(glfw: ModuleType) -> dict[str, Any]:
    """Return the monitors that are there by number and name ("0: HDMI-1"), in the desktop's order."""
    found = list(glfw.get_monitors())
    names = [glfw.get_monitor_name(monitor) for monitor in found]
    said = [name.decode(errors="replace") if isinstance(name, bytes) else str(name) for name in names]
    return {f"{number}: {name}": monitor for number, (name, monitor) in enumerate(zip(said, found, strict=True))}


def _address(monitor: Any) -> int | None:
    """Return where glfw keeps a monitor: every call hands out new pointers, which are equal to none before."""
    return ctypes.cast(monitor, ctypes.c_void_p).value


def _monitor(glfw: ModuleType, place: base.Place) -> Any:
    """Return the monitor that the options name, None for none; raise OutputError listing those that exist."""
    wanted = _wanted(place)
    found = _named(glfw, wanted) if wanted else None
    if found is None and wanted and not place.again:
        known = ", ".join(monitors(glfw)) or "none"
        raise OutputError(f"output {place.name}: there is no monitor {wanted!r}; there are {known}")
    return found


def _wanted(place: base.Place) -> str:
    return str(place.options.get("monitor", "")).strip()


def _named(glfw: ModuleType, wanted: str) -> Any:
    """Return the monitor of a number or name, None where there is none."""
    for title, monitor in monitors(glfw).items():
        number, _, name = title.partition(": ")
        if wanted in (number, title) or wanted.casefold() == name.casefold():
            return monitor
    return None
