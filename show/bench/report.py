"""A table of figures, each with what it must be and whether it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass
class Line:
    """One row of the table: a figure, what it must be, and whether it is."""

    name: str
    figure: str
    bar: str
    met: bool | None


@dataclass
class Report:
    """The rows so far."""

    lines: list[Line] = field(default_factory=list)

    def at_least(self, name: str, figure: float, bar: float, form: str = ".2f") -> None:
        """Add a figure that must reach `bar`."""
        self.lines.append(Line(name, f"{figure:{form}}", f">= {bar:{form}}", figure >= bar))

    def at_most(self, name: str, figure: float, bar: float, form: str = ".2f") -> None:
        """Add a figure that must not pass `bar`."""
        self.lines.append(Line(name, f"{figure:{form}}", f"<= {bar:{form}}", figure <= bar))

    def within(self, name: str, figure: float, low: float, high: float, form: str = ".2f") -> None:
        """Add a figure that must lie in a range."""
        self.lines.append(Line(name, f"{figure:{form}}", f"{low:{form}} .. {high:{form}}", low <= figure <= high))

    def note(self, name: str, figure: float, form: str = ".2f") -> None:
        """Add a figure without a bar."""
        self.lines.append(Line(name, f"{figure:{form}}", "", None))

    def print(self, title: str) -> None:
        """Print the table."""
        table = Table(title=title)
        for heading in ("figure", "is", "bar", "met"):
            table.add_column(heading)
        for line in self.lines:
            met = {None: "", True: "yes", False: "no"}[line.met]
            table.add_row(line.name, line.figure, line.bar, met)
        Console().print(table)
