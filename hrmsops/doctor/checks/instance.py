"""Whether the instance is there and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, warning
from hrmsops.doctor.commands import ROWS
from hrmsops.steps.cloud_sql.prepare_instance import SUPERSEDED

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.gcp.sql_resources import Instance


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    instance: Instance
    project: str


def look(around: Around) -> Seen:
    return Seen(instance=around.instance, project=around.world.environment.project)


def judge(seen: Seen) -> Finding:
    instance, project = seen.instance, seen.project
    if not instance.is_running:
        return bad(f"{instance.name} is {instance.condition}", _mend(instance, project))
    if SUPERSEDED in instance.labels:
        by = instance.labels[SUPERSEDED]
        return warning(
            f"{instance.name} serves, and is labelled as superseded by {by}",
            "Look who is right before anything is rolled back: hrmsops runs",
        )
    return good(f"{instance.name}, {instance.database_version}, {instance.condition}")


def _mend(instance: Instance, project: str) -> str:
    if instance.activation_policy == "NEVER":
        return (
            f"gcloud sql instances patch {instance.name} --activation-policy=ALWAYS"
            f" --project={project}"
        )
    return f"gcloud sql operations list --instance={instance.name} --project={project}"


CHECK = Check(
    title="instance",
    topic=Topic.DATABASE,
    place=1,
    asks="Is the instance there, and does it run?",
    commands=ROWS,
    look=look,
    judge=judge,
)
