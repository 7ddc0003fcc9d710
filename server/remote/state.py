"""What the phone page knows: the newest snapshot and the newest status of every process, each with its age."""

from __future__ import annotations

import math
from typing import Any

from server.remote.light import View, light, plainly
from show.bus import Subscriber
from show.snapshot import CueSheet, EditSheet, Snapshot, Status
from show.wires import SNAPSHOT, Wires, status_topic


class Watch:
    """Listens to the snapshots of control and to the statuses of all processes and the supervisor."""

    def __init__(self, wires: Wires, now_ns: int) -> None:
        self._since_ns = now_ns
        self._processes = tuple(name for name in wires.processes if name != "remote")
        self._snapshots = Subscriber(wires.run, SNAPSHOT, Snapshot)
        self._subscribers = {
            name: Subscriber(wires.run, status_topic(name), Status) for name in (*self._processes, "supervisor")
        }
        self.snapshot: Snapshot | None = None
        self.statuses: dict[str, Status] = {}

    def drain(self) -> None:
        """Take in whatever is new."""
        self.snapshot = self._snapshots.newest() or self.snapshot
        for name, subscriber in self._subscribers.items():
            status = subscriber.newest()
            if status is not None:
                self.statuses[name] = status

    def view(self, scenes: int, picture_ns: int, blackout: bool, now_ns: int) -> View:
        """Return all that the light depends on."""
        return View(
            scenes=scenes,
            processes=self._processes,
            snapshot=self.snapshot,
            statuses=self.statuses,
            picture_ns=picture_ns,
            blackout=blackout,
            since_ns=self._since_ns,
            now_ns=now_ns,
        )

    def close(self) -> None:
        """Close the sockets."""
        self._snapshots.close()
        for subscriber in self._subscribers.values():
            subscriber.close()


def light_words(view: View) -> dict[str, Any]:
    """Return the light as the page gets it."""
    seen = light(view)
    return {
        "light": seen.light,
        "icon": seen.icon,
        "word": seen.word,
        "sentence": seen.sentence,
        "advice": seen.advice,
    }


def state_words(view: View, title: str, scenes: tuple[str, ...]) -> dict[str, Any]:
    """Return everything the page shows: the light, the show, and every process; ages in seconds, None where unknown."""
    snapshot = view.snapshot
    show: dict[str, Any] = {"title": title, "scenes": list(scenes), "playing": None, "age": None}
    if snapshot is not None:
        show |= {
            "playing": snapshot.playing,
            "scene": snapshot.scene,
            "scene_name": snapshot.scene_name,
            "caption": snapshot.caption,
            "narration": snapshot.narration,
            "t": round(snapshot.t, 3),
            "camera": {region.name: region.pose.told() for region in snapshot.regions if region.pose is not None},
            "cues": _cues(snapshot.cues),
            "edit": _edit(snapshot.edit),
            "age": _round(view.age(snapshot.stamp_ns)),
        }
    return {
        "light": light_words(view),
        "show": show,
        "blackout": view.blackout,
        "picture_age": _round(view.age(view.picture_ns)) if view.picture_ns else None,
        "processes": [_process(view, name) for name in (*view.processes, "supervisor")],
        "values": dict(snapshot.values) if snapshot is not None else {},
    }


def _cues(sheet: CueSheet | None) -> dict[str, Any] | None:
    """Return the cue list as the page gets it; waits in seconds."""
    if sheet is None:
        return None
    waiting = [{"label": label, "seconds": round(seconds, 1)} for label, seconds in sheet.waiting]
    return {"next": sheet.next, "last": sheet.last, "waiting": waiting, "note": sheet.note}


def _edit(sheet: EditSheet | None) -> dict[str, Any] | None:
    """Return how live edits stand, as the page gets it; `beats` until the one that waits lands, None if none does."""
    if sheet is None:
        return None
    beats = round(sheet.beats, 1) if sheet.coming >= 0 else None
    return {"beats": beats, "before": sheet.before, "note": sheet.note}


def refusal(snapshot: Snapshot, event: tuple[str, int]) -> str:
    """Return why an event, by its source and number, was refused; "" if it was not."""
    for sheet, usual in ((snapshot.cues, "GO was refused."), (snapshot.edit, "The edit was refused.")):
        if sheet is not None and event in sheet.refused:
            return sheet.note or usual
    return ""


def _process(view: View, name: str) -> dict[str, Any]:
    status = view.statuses.get(name)
    if status is None:
        return {"name": name, "light": None, "sentence": "Nothing has been heard yet.", "age": None, "numbers": {}}
    return {
        "name": name,
        "light": status.light,
        "sentence": plainly(status.sentence),
        "age": _round(view.age(status.stamp_ns)),
        "numbers": {name: number for name, number in status.numbers.items() if math.isfinite(number)},
    }


def _round(seconds: float) -> float:
    return round(seconds, 2)
