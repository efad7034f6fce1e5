"""What the agent tells while it migrates: for the screen, for the record, for whoever decides."""

from __future__ import annotations

from typing import Any

from hrmsops.django.blockers import Blocker
from hrmsops.engine.run import Run
from hrmsops.world import World

BLOCKED_SECONDS = 1.0
"""Shorter waits are everyday; they are shown and not kept."""


class Listening:
    """Hears the events of one step."""

    def __init__(self, world: World, run: Run, about: str) -> None:
        self._world, self._run, self._about = world, run, about
        self._attempt = ""
        self._waits = ""
        self._kept: set[str] = set()

    def __call__(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "started":
                self._run.note(started_at=event["started_at"], first_xid=event["first_xid"])
            case "statement":
                self._tell(event["text"])
            case "again":
                self._attempt = f"attempt {event['attempt'] + 1} of {event['of']}, "
                self._tell(
                    f"a lock was not had within {event['waited_ms']} ms; the others go first, "
                    f"again in {event['pause_ms']} ms{self._waits}"
                )
            case "busy":
                self._busy(event)
            case "execution":
                self._run.note(operation=event["name"])
                self._tell(f"Cloud Run starts {event['name'].rpartition('/')[2]}")
            case "leftover":
                self._run.note(dropped_invalid=event["index"])
            case "lock":
                self._tell(
                    f"waits for {event['application']} (session {event['pid']}) to let go of the "
                    "migration lock"
                )

    def _busy(self, event: dict[str, Any]) -> None:
        by = [Blocker.of(each) for each in event["by"]]
        percent = event.get("percent")
        phase = f", {event['phase']}" if event.get("phase") else ""
        done = f" {percent:.0f} %" if percent is not None else ""
        self._waits = "; waits for " + " and ".join(b.sentence() for b in by) if by else ""
        seconds = f"{event['seconds']:.1f} s"
        self._tell(f"{event['statement']} ({self._attempt}{seconds}{phase}{done}){self._waits}")
        self._keep(by)
        if by and self._world.on_blocked:
            self._world.on_blocked(by)

    def _keep(self, by: list[Blocker]) -> None:
        """Who held it up is evidence afterwards: each session once."""
        for each in by:
            if each.name not in self._kept and each.seconds >= BLOCKED_SECONDS:
                self._kept.add(each.name)
                waited_for = self._run.noted(self._run.at_step).get("waited_for", [])
                self._run.note(
                    waited_for=[*waited_for, each.name + (f" on {each.table}" * bool(each.table))]
                )

    def _tell(self, words: str) -> None:
        self._run.progress(f"{self._about}: {words}")
