"""Whether the HRMS's code comes up in its own interpreter."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, good
from hrmsops.doctor.commands import SCHEMA

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around

SECONDS_MAX = 30.0


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    settings: str
    interpreter: str
    python: str
    django: str


def look(around: Around) -> Seen:
    """Start it and let it end; one that hangs is ended before the check is."""
    from hrmsops.django.describing import Describer

    project = around.world.project
    describer = Describer(project)
    hangs = threading.Timer(SECONDS_MAX, describer.kill)
    hangs.daemon = True
    hangs.start()
    try:
        with describer as described:
            session = described.session
    finally:
        hangs.cancel()
    return Seen(
        settings=project.settings,
        interpreter=project.python,
        python=session["python"],
        django=session["django"],
    )


def judge(seen: Seen) -> Finding:
    return good(f"{seen.settings}: Django {seen.django}, Python {seen.python} ({seen.interpreter})")


CHECK = Check(
    title="Django project",
    topic=Topic.MACHINE,
    place=1,
    asks="Does the Django project come up, with which interpreter and version?",
    commands=SCHEMA,
    look=look,
    judge=judge,
    seconds_max=SECONDS_MAX + 1,
)
