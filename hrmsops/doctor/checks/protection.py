"""Whether a slip of the hand could delete the instance, and its backups with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, warning
from hrmsops.doctor.commands import RECOVERIES

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.gcp.sql_resources import Instance


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    instance: Instance
    project: str
    is_production: bool


def look(around: Around) -> Seen:
    environment = around.world.environment
    is_production = environment.kind == "production"
    return Seen(instance=around.instance, project=environment.project, is_production=is_production)


def judge(seen: Seen) -> Iterator[Finding]:
    instance = seen.instance
    patch, where = f"gcloud sql instances patch {instance.name}", f"--project={seen.project}"
    wrong = bad if seen.is_production else warning
    if instance.has_deletion_protection:
        yield good("deletion protection is on")
    else:
        yield wrong("Deletion protection is off", f"{patch} --deletion-protection {where}")
    final = instance.settings.get("finalBackupConfig", {}).get("enabled")
    if instance.keeps_backups_on_delete:
        yield good("its backups outlive it")
    elif final:
        yield warning(
            "Of its backups only the final one outlives it",
            f"{patch} --retain-backups-on-delete {where}",
        )
    else:
        yield wrong(
            "Its backups and logs would be deleted together with it",
            f"{patch} --retain-backups-on-delete {where}",
        )


CHECK = Check(
    title="deletion",
    topic=Topic.RECOVERY,
    place=4,
    asks="Is deletion protection on, and do backups outlive the instance?",
    commands=RECOVERIES,
    look=look,
    judge=judge,
)
