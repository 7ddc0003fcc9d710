"""The command line: `oriel` or `python -m show`."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from show import announce, check
from show.bus import Subscriber
from show.config import Artist, Output, Show
from show.errors import BusyError, OrielError
from show.house import House, Plan, default_state_dir, open_house
from show.log import start_log
from show.parameter import options
from show.snapshot import Status
from show.wires import status_topic

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_SHOW = ROOT / "configs" / "triptych.toml"
INTERRUPTED = 130

app = typer.Typer(
    help="Words go in, three projected windows come out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
bench = typer.Typer(help="Measure, and print the figures.", no_args_is_help=True)
app.add_typer(bench, name="bench")

# Commands of the studio: their arguments are read there, because this process imports nothing heavy.
_FORWARDED = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": list[str]()}

ShowFile = Annotated[Path, typer.Argument(help="The show file.", show_default="configs/triptych.toml")]
Seconds = Annotated[float, typer.Option(min=0.0, help="End by itself after so many seconds (0: play on).")]
State = Annotated[Path | None, typer.Option("--state", help="Folder for sessions, logs and checkpoints.")]


@app.command()
def run(
    show: ShowFile = DEFAULT_SHOW,
    headless: Annotated[bool, typer.Option(help="Draw without a display.")] = False,
    seconds: Seconds = 0.0,
    record: Annotated[Path | None, typer.Option(help="Keep what the wall saw in this film (.mp4).")] = None,
    lan: Annotated[bool, typer.Option(help="Open the phone page to the local network.")] = False,
    artist: Annotated[str | None, typer.Option(help="Paint with this artist instead, e.g. testcard.")] = None,
    state: State = None,
) -> None:
    """Play a show until it is stopped by Ctrl-C."""
    opened = _open(show, artist)
    if not headless and not _has_display(opened.show):
        _say("No display was found ($DISPLAY is not set): playing without one. The phone page shows the wall.")
        headless = True
    _check_ports(opened, lan)
    plan = dataclasses.replace(opened, headless=headless, record=_film_path(record), lan=lan, state_dir=state)
    start_log("supervisor", (state or default_state_dir()).resolve())
    with open_house(plan) as house:
        _say(f"Opening {plan.show.show.title!r} ({show}).")
        stop = _Stop()
        begun = time.monotonic()
        crier = _Crier(house)
        code = house.supervisor.run(lambda now: stop.asked or (seconds > 0 and now - begun >= seconds), look=crier.look)
        _say("Closing." if code == 0 else "The show could not start.")
    raise typer.Exit(code)


@app.command()
def film(
    show: ShowFile = DEFAULT_SHOW,
    out: Annotated[Path, typer.Option("-o", "--out", help="The film (.mp4).")] = Path("oriel.mp4"),
    seconds: Annotated[float, typer.Option(min=0.0, help="Length; 0 means the whole score, once.")] = 0.0,
    fps: Annotated[float, typer.Option(min=1.0, max=240.0, help="Frames per second.")] = 24.0,
    artist: Annotated[str | None, typer.Option(help="Paint with this artist instead, e.g. testcard.")] = None,
    state: State = None,
) -> None:
    """Film a show in lockstep: frame by frame, as slowly as it takes, the same frames every time."""
    opened = _open(show, artist)
    length = seconds or sum(scene.seconds for scene in opened.show.scene)
    plan = dataclasses.replace(
        opened,
        show=_for_film(opened.show),
        headless=True,
        record=_film_path(out),
        lockstep=True,
        fps=fps,
        frames=max(1, round(length * fps)),
        state_dir=state,
    )
    start_log("supervisor", (state or default_state_dir()).resolve())
    stop = _Stop()
    with _progress() as progress, open_house(plan) as house:
        task = progress.add_task(f"Filming {out.name}", total=plan.frames)
        code = house.supervisor.run(
            lambda _now: stop.asked, look=lambda: progress.update(task, completed=house.glass.newest_id)
        )
        if code == 0 and not stop.asked:
            progress.update(task, completed=plan.frames)
    if stop.asked:
        _say(f"Stopped. What was filmed so far is in {out}.")
        raise typer.Exit(INTERRUPTED)
    if code == 0:
        _say(f"{out}: {plan.frames} frames, {plan.frames / fps:.1f} s at {fps:g} fps.")
    raise typer.Exit(code)


@app.command("check")
def check_(show: ShowFile = DEFAULT_SHOW) -> None:
    """Say whether a show file is in order; exit with 2 if it is not."""
    opened = check.open_show(show, announce.ask)
    for warning in opened.warnings:
        _say(warning)
    seconds = sum(scene.seconds for scene in opened.show.scene)
    print(f"{show}: in order. {len(opened.show.scene)} scenes, {seconds:g} s, {len(opened.parameters)} parameters.")


@app.command()
def doctor(show: ShowFile = DEFAULT_SHOW, headless: bool = False) -> None:
    """Say what this machine lacks, with the remedy for each; exit with 1 if the show needs it."""
    from show import doctor as report

    opened = check.open_show(show, announce.ask)
    ports = [str(opened.show.remote.port), *(str(port) for _, port in _udp_ports(opened.show))]
    arguments = {
        "mapping.probe": ("--headless",) if headless else (),
        "render.probe": tuple(str(opened.artist_options.get(name, "")) for name in ("model", "vae")),
        "server.probe": tuple(ports),
    }
    raise typer.Exit(report.main(arguments))


@app.command(context_settings=_FORWARDED)
def train(context: typer.Context) -> None:
    """Train a model of the project's own: oriel train embedded --minutes N [--resume] [--stage STAGE]."""
    _hand_over("render.train", context)


@app.command(context_settings=_FORWARDED)
def records(context: typer.Context) -> None:
    """Show the records of the training set that are nearest to words: oriel records "a red sea" [--sheet FILE.png]."""
    _hand_over("render.records", context)


@bench.command("picture", context_settings=_FORWARDED)
def bench_picture(context: typer.Context) -> None:
    """How good the embedded model is, beside the same figures of real records."""
    _hand_over("render.bench.picture", context)


@bench.command("bus")
def bench_bus(seconds: Annotated[float, typer.Option(min=0.1, help="Seconds per measurement.")] = 2.0) -> None:
    """Frame-bus latency and throughput against a plain memory copy of the same bytes."""
    from show.bench import bus

    bus.main(seconds)


@bench.command("pipe")
def bench_pipe(
    show: ShowFile = DEFAULT_SHOW,
    seconds: Annotated[float, typer.Option(min=5.0, help="Seconds to measure.")] = 60.0,
    artist: Annotated[str | None, typer.Option(help="Paint with this artist instead, e.g. testcard.")] = None,
) -> None:
    """The whole pipe: paintings, delivered frames, OSC message to drawn picture."""
    from show.bench import pipe

    pipe.main(_open(show, artist), seconds)


def _hand_over(module: str, context: typer.Context) -> NoReturn:
    """Become the command line of another module."""
    os.execv(sys.executable, [sys.executable, "-m", module, *context.args])


def _open(path: Path, artist: str | None) -> Plan:
    """Load and check a show file, with another artist in place of its own if asked."""
    opened = check.open_show(path, announce.ask)
    for warning in opened.warnings:
        _say(warning)
    if artist is None or artist == opened.show.artist.module:
        return Plan(path, opened.show, opened.artist_parameters)
    return _with_artist(path, opened.show, artist)


def _with_artist(path: Path, show: Show, artist: str) -> Plan:
    """Put another artist in a checked show; tracks and bindings of parameters it does not have are left out."""
    size = show.artist
    changed = show.model_copy(
        update={"artist": Artist(module=artist, width=size.width, height=size.height, rate=size.rate)}
    )
    announced = announce.ask(announce.modules(changed))
    announce.refuse(changed, announced)
    known = announced[f"render.artists.{artist}"].parameters
    addresses = {parameter.address for parameter in known}

    def honoured(address: str) -> bool:
        return not address.startswith("artist/") or address in addresses

    scenes = tuple(
        scene.model_copy(update={"tracks": {a: keys for a, keys in scene.tracks.items() if honoured(a)}})
        for scene in show.scene
    )
    changed = changed.model_copy(
        update={
            "scene": scenes,
            "binding": tuple(binding for binding in show.binding if honoured(binding.parameter)),
            "parameters": {a: value for a, value in show.parameters.items() if honoured(a)},
        }
    )
    return Plan(path, changed, known)


def _for_film(show: Show) -> Show:
    """A film plays from the start by itself, into a file and nowhere else."""
    outputs = tuple(
        Output(name=output.name, module="offscreen", width=output.width, height=output.height) for output in show.output
    )
    return show.model_copy(
        update={"show": show.show.model_copy(update={"autostart": True}), "output": outputs, "input": ()}
    )


def _has_display(show: Show) -> bool:
    wanted = any(output.module == "window" for output in show.output)
    return not wanted or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _film_path(path: Path | None) -> Path | None:
    if path is None:
        return None
    if not path.resolve().parent.is_dir():
        raise OrielError(f"film {path}: the folder {path.resolve().parent} does not exist")
    if path.suffix.lower() != ".mp4":
        raise OrielError(f"film {path}: the name must end in .mp4")
    return path


def _udp_ports(show: Show) -> list[tuple[str, int]]:
    """Return (host, port) of every input that listens on UDP, from its options and its announced defaults."""
    found = []
    names = [f"server.inputs.{part.module}" for part in show.input]
    announced = announce.ask(names) if names else {}
    for part, name in zip(show.input, names, strict=True):
        given = options(announced[name].options, part.options, f"input {part.module}")
        if "port" in given:
            found.append((str(given.get("host", "127.0.0.1")), int(given["port"])))
    return found


def _check_ports(plan: Plan, lan: bool) -> None:
    """Raise BusyError for a port that another program holds, before anything is started."""
    remote = plan.show.remote
    _try_port("0.0.0.0" if lan else remote.host, remote.port, socket.SOCK_STREAM, "[remote] port")
    for host, port in _udp_ports(plan.show):
        _try_port(host, port, socket.SOCK_DGRAM, "the port of [[input]] osc")


def _try_port(host: str, port: int, kind: socket.SocketKind, key: str) -> None:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BusyError(
                f"port {port} on {host} cannot be had ({error.strerror}): stop the other program, or change {key}"
            ) from None


class _Crier:
    """Tells the terminal what the phone page's light says, and how to pair a phone."""

    def __init__(self, house: House) -> None:
        run_dir = house.wires.run
        self._statuses = [
            Subscriber(run_dir, status_topic(name), Status) for name in (*house.wires.processes, "supervisor")
        ]
        self._said: dict[str, str] = {}
        self._pairing = ""

    def look(self) -> None:
        """Print every sentence that is new."""
        for subscriber in self._statuses:
            status = subscriber.newest()
            if status is None:
                continue
            pairing = status.words.get("terminal", "")
            if pairing and pairing != self._pairing:
                print(pairing, flush=True)
                self._pairing = pairing
            if status.light != "green" and self._said.get(status.process) != status.sentence:
                _say(f"{status.process}: {status.sentence}")
            self._said[status.process] = status.sentence if status.light != "green" else ""


class _Stop:
    """Remembers that Ctrl-C or SIGTERM asked for the end; a second Ctrl-C is the impatient one's right."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames, left"),
        TimeRemainingColumn(),
    )


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def main() -> NoReturn:
    """Run the command line; an OrielError becomes its sentence and its exit code, never a traceback."""
    command: Any = app
    try:
        command()
    except OrielError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(0)


if __name__ == "__main__":
    main()
