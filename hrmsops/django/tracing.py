"""Our side of a trace: the tracer in the HRMS's interpreter, and what it saw."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hrmsops.django.bridge import Event, Helper, Project
from hrmsops.django.parcel import parcel

Key = tuple[str, str]


class Tracing(Helper):
    """The helper that migrates a scratch database and looks."""

    def __init__(self, project: Project, database: dict[str, Any]) -> None:
        """`database`: keys of Django's DATABASES that lead to an empty one.

        Raises InterpreterMissing.
        """
        super().__init__(
            project,
            source=parcel("tracer"),
            request={
                "settings": project.settings,
                "alias": project.alias,
                "database": database,
            },
            address=f"{database['HOST']}:{database['PORT']}",
        )

    def plan(self) -> list[Key]:
        """Every migration of the project, in Django's own order."""
        found = self.ask("plan", _unheard)["plan"]
        return [(app, name) for app, name in found]

    def trace(
        self, pending: Iterable[Key], *, alone: bool, hear: Callable[[Event], None]
    ) -> tuple[list[Event], dict[str, str]]:
        """What was seen of each, in order, up to one that fails; tables for which no row was made.

        `alone` takes each as a deploy of its own, else all together. `hear` gets each as it comes.
        """
        seen: list[Event] = []

        def keep(event: Event) -> None:
            if event["event"] == "traced":
                seen.append(event)
                hear(event)

        answer = self.ask("trace", keep, pending=[list(each) for each in pending], alone=alone)
        return seen, answer["unmade"]


def _unheard(event: Event) -> None:
    """Nothing comes before the answer."""
