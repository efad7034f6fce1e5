"""Whether point-in-time recovery is on, and how far back it reaches."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, unknown, warning
from hrmsops.doctor.commands import RECOVERIES
from hrmsops.doctor.words import at, span

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.gcp.sql_resources import Window

LAG_MAX = timedelta(minutes=15)
"""Logs are shipped within about five minutes."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`window` None: it is off. `now` is by the cloud's clock, as the window is."""

    instance: str
    project: str
    is_on: bool
    window: Window | None
    now: datetime


def look(around: Around) -> Seen:
    world, instance = around.world, around.instance
    return Seen(
        instance=instance.name,
        project=world.environment.project,
        is_on=instance.has_pitr,
        window=around.window,
        now=world.cloud_now(),
    )


def judge(seen: Seen) -> Finding:
    if not seen.is_on:
        mend = f"gcloud sql instances patch {seen.instance} --enable-point-in-time-recovery"
        return bad(
            "Off: what is written between two backups cannot be brought back",
            f"{mend} --project={seen.project}",
        )
    if seen.window is None:
        return unknown("On; the instance does not run, so its window is not told")
    lag = seen.now - seen.window.latest
    reach = f"to any moment since {at(seen.window.earliest)}"
    if lag > LAG_MAX:
        return warning(
            f"On, {reach}, but the newest log is {span(lag)} old",
            "Nothing was written since, or logs are not shipped: look at the instance's disk.",
        )
    return good(f"on, {reach}; the newest log is {span(lag)} old")


CHECK = Check(
    title="point in time",
    topic=Topic.RECOVERY,
    place=1,
    asks="Is point-in-time recovery on, and what is its window?",
    commands=RECOVERIES,
    look=look,
    judge=judge,
)
