"""`oriel doctor`: asks every part of the house what it finds here, and prints the remedy for what is missing.

Each folder knows its own needs (`python -m mapping.probe`, `server.probe`, `render.probe`); here they are only asked,
in children, so that a broken library breaks one line of the report and not the report.
"""

from __future__ import annotations

import subprocess
import sys

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

PROBES = ("mapping.probe", "render.probe", "server.probe")
SECONDS = 120


class Finding(msgspec.Struct, frozen=True):
    """One line of the report: `needed` says that the show cannot open without it."""

    name: str
    ok: bool
    needed: bool
    found: str
    remedy: str = ""


def ask(probe: str, arguments: tuple[str, ...]) -> list[Finding]:
    """Return what one probe finds; a probe that itself fails is a finding."""
    command = [sys.executable, "-m", probe, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return [Finding(probe, False, True, f"no answer within {SECONDS} s", "look at the drivers of this machine")]
    decoder = msgspec.json.Decoder(Finding)
    findings = [decoder.decode(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        findings.append(Finding(probe, False, True, last, "run `make clean` and `make run` to set everything up again"))
    return findings


def main(arguments: dict[str, tuple[str, ...]]) -> int:
    """Print the report; return 1 if something is missing that the show needs, else 0."""
    table = Table(title="What this machine has")
    for heading in ("part", "", "found", "remedy"):
        table.add_column(heading, overflow="fold")
    findings = [finding for probe in PROBES for finding in ask(probe, arguments.get(probe, ()))]
    for finding in findings:
        mark = "[green]yes[/]" if finding.ok else ("[red]missing[/]" if finding.needed else "[yellow]without[/]")
        table.add_row(escape(finding.name), mark, escape(finding.found), "" if finding.ok else escape(finding.remedy))
    Console().print(table)
    lacking = [finding.name for finding in findings if finding.needed and not finding.ok]
    if lacking:
        Console().print(f"The show cannot open: {', '.join(lacking)}.")
        return 1
    Console().print("The show can open.")
    return 0
