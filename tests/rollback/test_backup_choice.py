"""Which backup is meant, decided without asking anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hrmsops.errors.backup import (
    BackupNotUsable,
    BackupOfAnotherInstance,
    BackupOfAnotherVersion,
    BackupUnknown,
    NoBackup,
)
from hrmsops.gcp.sql_resources import Backup
from hrmsops.rollback.backup_choice import choose, offered
from hrmsops.rollback.backup_facts import BackupFacts
from tests.rollback.facts import instance

SERVING = "nhia-hrms-production-pg-0001"
RECOVERED = f"{SERVING}-261123-104512-7f3a"
STAGING = "nhia-hrms-staging-pg-0001"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def backup(number: int, of: str = SERVING, **changes: object) -> Backup:
    """One that ended `number` hours ago."""
    ended = NOW - timedelta(hours=number)
    known: dict[str, object] = {
        "id": str(1763890000000 - number),
        "instance": of,
        "kind": "AUTOMATED",
        "status": "SUCCESSFUL",
        "began_at": ended - timedelta(minutes=4),
        "ended_at": ended,
        "bytes_max": 10_000_000,
        "name": f"projects/nhia-hrms/backups/uid-{number}",
        "database_version": "POSTGRES_15",
    }
    return Backup(**known | changes)  # type: ignore[arg-type]


def facts(*backups: Backup, active: str = SERVING, gone: bool = False) -> BackupFacts:
    return BackupFacts(
        observed_at=NOW,
        active=active,
        instance=None if gone else instance(name=active, database_version="POSTGRES_15"),
        backups=backups,
        configured=SERVING,
    )


def test_the_latest_is_the_newest_good_one_of_what_serves() -> None:
    found = facts(
        backup(1, status="RUNNING"),
        backup(2, status="FAILED"),
        backup(3, of=STAGING),
        backup(4),
        backup(5),
    )
    assert choose(found, "latest", accepted=()) == found.backups[3]


@pytest.mark.parametrize("text", [backup(4).id, "uid-4", "projects/nhia-hrms/backups/uid-4"])
def test_a_backup_is_named_by_its_number_or_its_name(text: str) -> None:
    found = facts(backup(1), backup(4))
    assert choose(found, text, accepted=()) == found.backups[1]


def test_the_latest_of_a_recovered_instance_is_never_one_of_what_it_was_recovered_from() -> None:
    found = facts(backup(1), active=RECOVERED)
    with pytest.raises(NoBackup) as refused:
        choose(found, "latest", accepted=())
    assert refused.value.why == (
        f"There are {backup(1).id} of {SERVING}, ended 2026-11-24 02:00:00 UTC."
    )
    assert choose(found, backup(1).id, accepted=()) == found.backups[0]


def test_a_backup_outlives_its_instance() -> None:
    found = facts(backup(1, instance_deleted_at=NOW), gone=True)
    assert choose(found, "latest", accepted=()) == found.backups[0]


def test_an_unknown_number_is_told_with_the_nearest() -> None:
    found = facts(backup(1), backup(2), backup(3))
    with pytest.raises(BackupUnknown) as refused:
        choose(found, backup(2).id[:-1], accepted=())
    assert backup(2).id in refused.value.why


def test_a_number_like_no_other_is_told_with_the_newest() -> None:
    found = facts(backup(1), backup(2), backup(3), backup(4))
    with pytest.raises(BackupUnknown) as refused:
        choose(found, "yesterday", accepted=())
    assert [each.id in refused.value.why for each in found.backups] == [True, True, True, False]


@pytest.mark.parametrize("status", ["FAILED", "RUNNING", "ENQUEUED", "DELETING"])
def test_only_a_whole_backup_is_restored(status: str) -> None:
    found = facts(backup(1, status=status, error="No space."), backup(2))
    with pytest.raises(BackupNotUsable) as refused:
        choose(found, backup(1).id, accepted=("backup-not-usable",))
    assert refused.value.why == f"Its status is {status}. No space."


def test_the_backup_of_a_stranger_is_refused_and_can_be_accepted() -> None:
    found = facts(backup(1, of=STAGING))
    with pytest.raises(BackupOfAnotherInstance):
        choose(found, backup(1).id, accepted=())
    accepted = ("backup-of-another-instance",)
    assert choose(found, backup(1).id, accepted=accepted) == found.backups[0]


def test_the_backup_of_another_major_version_is_refused_and_can_be_accepted() -> None:
    old = backup(1, database_version="POSTGRES_14")
    with pytest.raises(BackupOfAnotherVersion) as refused:
        choose(facts(old), "latest", accepted=())
    assert (refused.value.what, refused.value.why) == (
        f"Backup {old.id} is of POSTGRES_14.",
        f"{SERVING} runs POSTGRES_15.",
    )
    assert choose(facts(old), "latest", accepted=("backup-of-another-version",)) == old
    assert choose(facts(old, gone=True), "latest", accepted=()) == old


def test_what_can_be_picked_is_good_and_own_and_begins_with_what_serves() -> None:
    older, failed, strange, newer = (
        backup(5, of=RECOVERED),
        backup(1, status="FAILED", of=RECOVERED),
        backup(2, of=STAGING),
        backup(3),
    )
    found = facts(failed, strange, newer, older, active=RECOVERED)
    assert offered(found) == (older, newer)
