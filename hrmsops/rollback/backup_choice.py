"""Which backup is restored: the one that was named, or the newest good one of what serves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from hrmsops.errors.backup import (
    BackupNotUsable,
    BackupOfAnotherInstance,
    BackupOfAnotherVersion,
    BackupUnknown,
    NoBackup,
)
from hrmsops.gcp.sql_resources import Backup
from hrmsops.rollback.backup_facts import BackupFacts

LATEST = "latest"
NEAR_MAX = 3


def choose(facts: BackupFacts, wanted: str, *, accepted: Collection[str]) -> Backup:
    """The backup that `wanted` names: its number, its name, or LATEST.

    Raises NoBackup, BackupUnknown, BackupNotUsable, BackupOfAnotherInstance,
    BackupOfAnotherVersion.
    """
    backup = _latest(facts) if wanted == LATEST else _named(facts, wanted)
    if not backup.is_good:
        raise BackupNotUsable(backup=backup.id, status=backup.status, why=backup.error)
    if not facts.is_own(backup) and BackupOfAnotherInstance.code not in accepted:
        raise BackupOfAnotherInstance(
            backup=backup.id, instance=backup.instance, serving=facts.active
        )
    if (version := other_version(facts, backup)) and BackupOfAnotherVersion.code not in accepted:
        raise BackupOfAnotherVersion(
            backup=backup.id,
            version=backup.database_version,
            instance=facts.active,
            serving=version,
        )
    return backup


def offered(facts: BackupFacts) -> tuple[Backup, ...]:
    """What can be picked: good ones of this service's line, those of what serves first."""
    good = [backup for backup in facts.backups if backup.is_good and facts.is_own(backup)]
    return tuple(sorted(good, key=lambda backup: backup.instance != facts.active))


def other_version(facts: BackupFacts, backup: Backup) -> str:
    """The serving instance's version where it is not the backup's; "" where it is, or unknown."""
    known = facts.instance.database_version if facts.instance else ""
    return known if known and backup.database_version not in ("", known) else ""


def in_words(backup: Backup) -> str:
    """`1763892312000 of INSTANCE, ended 2026-11-23 02:03:11 UTC`."""
    at = f"ended {backup.ended_at:%Y-%m-%d %H:%M:%S} UTC" if backup.ended_at else "not ended"
    return f"{backup.id} of {backup.instance}, {at}"


def _latest(facts: BackupFacts) -> Backup:
    own = offered(facts)
    newest = next((backup for backup in own if backup.instance == facts.active), None)
    if newest is None:
        raise NoBackup(instance=facts.active, others=_shown(own))
    return newest


def _named(facts: BackupFacts, wanted: str) -> Backup:
    """A number is unique in one instance only: what serves comes first, then its own line."""
    named = [backup for backup in facts.backups if backup.is_called(wanted)]
    if not named:
        raise BackupUnknown(backup=wanted, near=_near(facts, wanted))
    return min(named, key=lambda each: (each.instance != facts.active, not facts.is_own(each)))


def _near(facts: BackupFacts, wanted: str) -> tuple[str, ...]:
    """Those whose numbers look alike; else the newest good ones."""
    by_id = {backup.id: backup for backup in facts.backups}
    alike = get_close_matches(wanted, by_id, n=NEAR_MAX)
    return _shown(by_id[each] for each in alike) if alike else _shown(offered(facts))


def _shown(backups: Iterable[Backup]) -> tuple[str, ...]:
    return tuple(in_words(backup) for backup in [*backups][:NEAR_MAX])
