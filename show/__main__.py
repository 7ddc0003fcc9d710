"""The command line: `oriel` or `python -m show`."""

from __future__ import annotations

import dataclasses
import os
import socket
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from show import announce, check, voice
from show.bus import Subscriber
from show.commands.bench_log import bench_log
from show.commands.bench_score import bench_score
from show.commands.check import check_
from show.commands.export import export
from show.commands.import_ import import_
from show.commands.replay import replay
from show.config import Show
from show.errors import BusyError, OrielError
from show.filming import INTERRUPTED, Stop, film_path, for_film, shoot
from show.folders import default_state_dir
from show.house import House, Plan, open_house
from show.log import let_go_of_terminal, start_log, tell
from show.opening import DEFAULT_SHOW, open_plan
from show.parameter import options
from show.replay import log_path
from show.snapshot import Status
from show.wires import status_topic

app = typer.Typer(
    help="Words go in, three projected windows come out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
bench = typer.Typer(help="Measure, and print the figures.", no_args_is_help=True)
app.add_typer(bench, name="bench")
app.command("import")(import_)
bench.command("score")(bench_score)
bench.command("log")(bench_log)
app.command("export")(export)
app.command("replay")(replay)
app.command("check")(check_)

# Commands of the studio: their arguments are read there, because this process imports nothing heavy.
_FORWARDED = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": list[str]()}

ShowFile = Annotated[Path, typer.Argument(help="The show file.", show_default="configs/triptych.toml")]
Seconds = Annotated[float, typer.Option(min=0.0, help="End by itself after so many seconds (0: play on).")]
Follow = Literal["now", "next beat", "next bar"]
State = Annotated[Path | None, typer.Option("--state", help="Folder for sessions, logs and checkpoints.")]


@app.command()
def run(
    show: ShowFile = DEFAULT_SHOW,
    headless: Annotated[bool, typer.Option(help="Draw without a display.")] = False,
    seconds: Seconds = 0.0,
    record: Annotated[Path | None, typer.Option(help="Keep what the wall saw in this film (.mp4).")] = None,
    lan: Annotated[bool, typer.Option(help="Open the phone page to the local network.")] = False,
    artist: Annotated[str | None, typer.Option(help="Paint with this artist instead, e.g. testcard.")] = None,
    log: Annotated[bool, typer.Option(help="Keep a log of all that moves the show, for `oriel replay`.")] = True,
    follow: Annotated[Follow | None, typer.Option(help="Where a changed show file lands while the show plays.")] = None,
    state: State = None,
) -> None:
    """Play a show until it is stopped by Ctrl-C."""
    opened = _open(show, artist)
    if not headless and not _has_display(opened.show):
        tell("No display was found ($DISPLAY is not set): playing without one. The phone page shows the wall.")
        headless = True
    _check_ports(opened, lan)
    folder = (state or default_state_dir()).resolve()
    kept = log_path(folder, opened.show.show.title, datetime.now()) if log else None
    plan = dataclasses.replace(opened, headless=headless, record=film_path(record), log=kept, lan=lan, state_dir=state)
    plan = dataclasses.replace(plan, follow=follow or "")
    start_log("supervisor", folder)
    with open_house(plan) as house:
        tell(f"Opening {plan.show.show.title!r} ({show}).")
        stop = Stop()
        begun = time.monotonic()
        crier = _Crier(house)
        code = house.supervisor.run(lambda now: stop.asked or (seconds > 0 and now - begun >= seconds), look=crier.look)
        tell("Closing." if code == 0 else "The show could not start.")
    raise typer.Exit(code)


@app.command()
def film(
    show: ShowFile = DEFAULT_SHOW,
    out: Annotated[Path, typer.Option("-o", "--out", help="The film (.mp4).")] = Path("oriel.mp4"),
    seconds: Annotated[float, typer.Option(min=0.0, help="Length; 0 means the whole score, once.")] = 0.0,
    fps: Annotated[float, typer.Option(min=1.0, max=240.0, help="Frames per second.")] = 24.0,
    height: Annotated[int, typer.Option(min=0, max=8192, help="Pixels; 0 means as high as the show's outputs.")] = 0,
    artist: Annotated[str | None, typer.Option(help="Paint with this artist instead, e.g. testcard.")] = None,
    state: State = None,
) -> None:
    """Film a show in lockstep: frame by frame, as slowly as it takes, the same frames every time."""
    opened = _open(show, artist)
    length = seconds or sum(scene.seconds for scene in opened.show.scene)
    plan = dataclasses.replace(
        opened,
        show=for_film(opened.show, height),
        headless=True,
        record=film_path(out),
        lockstep=True,
        fps=fps,
        frames=max(1, round(length * fps)),
        state_dir=state,
    )
    code = shoot(plan)
    if code == 0:
        tell(f"{out}: {plan.frames} frames, {plan.frames / fps:.1f} s at {fps:g} fps.")
        _say_all(voice.lay_into(out, plan.show, show, plan.frames / fps))
    raise typer.Exit(code)


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


@bench.command("paint", context_settings=_FORWARDED)
def bench_paint(context: typer.Context) -> None:
    """How fast pictures are painted, beside the bare networks, diffusers and StreamDiffusion."""
    _hand_over("render.bench.paint", context)


@bench.command("families", context_settings=_FORWARDED)
def bench_families(context: typer.Context) -> None:
    """How fast every model family paints, with random weights of real size on a card."""
    _hand_over("render.bench.families", context)


@bench.command("exclude", context_settings=_FORWARDED)
def bench_exclude(context: typer.Context) -> None:
    """How well each method of exclusion keeps words out of pictures, by the critic, and what it costs."""
    _hand_over("render.bench.exclude", context)


@bench.command("walk", context_settings=_FORWARDED)
def bench_walk(context: typer.Context) -> None:
    """Whether pictures that are fed back for thousands of frames stay alive, and walk evenly."""
    _hand_over("render.bench.life", context)


@bench.command("records", context_settings=_FORWARDED)
def bench_records(context: typer.Context) -> None:
    """How long the index of records takes to build and to search."""
    _hand_over("render.bench.records", context)


@bench.command("bus")
def bench_bus(seconds: Annotated[float, typer.Option(min=0.1, help="Seconds per measurement.")] = 2.0) -> None:
    """Frame-bus latency and throughput against a plain memory copy of the same bytes."""
    from show.bench import bus

    bus.main(seconds)


@bench.command("pipe")
def bench_pipe(
    show: ShowFile = DEFAULT_SHOW,
    seconds: Annotated[float, typer.Option(min=5.0, help="Seconds to measure.")] = 60.0,
    every: Annotated[float, typer.Option(min=0.01, help="Seconds between two OSC messages.")] = 0.7,
    drawn: Annotated[bool, typer.Option(help="Draw too; without it there is no projector and no phone page.")] = True,
    artist: Annotated[str | None, typer.Option(help="Paint with this artist instead, e.g. testcard.")] = None,
) -> None:
    """The whole pipe: paintings, delivered frames, OSC message to changed pixels and to the drawn picture."""
    from show.bench import pipe

    pipe.main(_open(show, artist), seconds, every=every, drawn=drawn)


@bench.command("soak")
def bench_soak(
    show: ShowFile = DEFAULT_SHOW,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long to play.")] = 60.0,
    kill_every: Annotated[float, typer.Option(min=0.0, help="Seconds from one SIGKILL to the next (0: none).")] = 60.0,
    seed: Annotated[int, typer.Option(help="Of the order in which parts are killed.")] = 1,
    artist: Annotated[str | None, typer.Option(help="Paint with this artist instead, e.g. testcard.")] = None,
) -> None:
    """Play for long while parts are killed: is the wall ever black, does anything grow? Exit code 1 if so."""
    from show.bench import soak

    raise typer.Exit(soak.main(_open(show, artist), minutes, kill_every, seed))


def _hand_over(module: str, context: typer.Context) -> NoReturn:
    """Become the command line of another module."""
    os.execv(sys.executable, [sys.executable, "-m", module, *context.args])


def _open(path: Path, artist: str | None) -> Plan:
    """Load and check a show file, and say what its author should know."""
    opened, notes = open_plan(path, artist)
    _say_all(*notes)
    return opened


def _has_display(show: Show) -> bool:
    wanted = any(output.module == "window" for output in show.output)
    return not wanted or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


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
                tell(pairing, out=True)
                self._pairing = pairing
            if status.light != "green" and self._said.get(status.process) != status.sentence:
                tell(f"{status.process}: {status.sentence}")
            self._said[status.process] = status.sentence if status.light != "green" else ""


def _say_all(*sentences: str) -> None:
    for sentence in filter(None, sentences):
        tell(sentence)


def main() -> NoReturn:
    """Run the command line; an OrielError becomes its sentence and its exit code, never a traceback."""
    command: Any = app
    try:
        command()
    except OrielError as error:
        tell(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        let_go_of_terminal()
    sys.exit(0)


if __name__ == "__main__":
    main()
