"""Whether the instance is there and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, warning
from hrmsops.doctor.commands import ROWS
from hrmsops.steps.cloud_sql.prepare_instance import SUPERSEDED

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.gcp.sql_resources import Instance


def look(around: Around) -> Instance:
    return around.instance


def judge(instance: Instance) -> Finding:
    kind = instance.database_version
    if not instance.is_running:
        return bad(
            f"{instance.name} is {instance.condition}",
            f"gcloud sql operations list --instance={instance.name}",
        )
    if SUPERSEDED in instance.labels:
        by = instance.labels[SUPERSEDED]
        return warning(
            f"{instance.name} serves, and is labelled as superseded by {by}",
            "Look who is right before anything is rolled back: hrmsops runs",
        )
    return good(f"{instance.name}, {kind}, {instance.condition}")


CHECK = Check(
    title="instance",
    topic=Topic.DATABASE,
    place=1,
    asks="Is the instance there, and does it run?",
    commands=ROWS,
    look=look,
    judge=judge,
)
