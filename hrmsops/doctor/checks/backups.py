"""Whether there is a good backup, and how old it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, warning
from hrmsops.doctor.commands import RECOVERIES
from hrmsops.doctor.words import span

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.gcp.sql_resources import Backup

AGE_MAX = timedelta(hours=36)
"""One a day, and the time that one takes."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`backups` newest first; `are_scheduled`: the instance takes one each day by itself."""

    instance: str
    project: str
    are_scheduled: bool
    backups: tuple[Backup, ...]
    now: datetime


def look(around: Around) -> Seen:
    world, instance = around.world, around.instance
    return Seen(
        instance=instance.name,
        project=world.environment.project,
        are_scheduled=instance.has_backups,
        backups=around.backups,
        now=world.cloud_now(),
    )


def judge(seen: Seen) -> Finding:
    found = [(each, each.ended_at) for each in seen.backups if each.is_good and each.ended_at]
    take = f"gcloud sql backups create --instance={seen.instance} --project={seen.project}"
    if not found:
        return bad("There is no successful backup", take)
    newest, ended = found[0]
    told = f"{newest.id} is {span(seen.now - ended)} old"
    if not seen.are_scheduled:
        mend = f"gcloud sql instances patch {seen.instance} --backup-start-time=02:00"
        return bad(f"{told}, and none is scheduled", f"{mend} --project={seen.project}")
    if seen.now - ended > AGE_MAX:
        failed = next((each for each in seen.backups if each.has_failed), None)
        why = f"; the last failed: {failed.error}" if failed and failed.error else ""
        return warning(f"{told}{why}", take)
    return good(f"{told}, one of {len(found)}")


CHECK = Check(
    title="backups",
    topic=Topic.RECOVERY,
    place=2,
    asks="Is there a successful backup, and is it fresh?",
    commands=RECOVERIES,
    look=look,
    judge=judge,
)
