"""Which moments a database can go back to, and what the clone of one is called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hrmsops.errors.pitr import InstanceStopped, MomentAhead, MomentOutOfReach, PitrNotEnabled
from hrmsops.gcp.sql_resources import Backup, Instance, Window
from hrmsops.rollback.database_facts import DatabaseFacts
from hrmsops.rollback.kinds.pitr import name_of_clone

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUN = "261123-104512-7f3a"


def database(
    *, state: str = "RUNNABLE", policy: str = "ALWAYS", pitr: bool = True
) -> DatabaseFacts:
    hour = timedelta(hours=1)
    return DatabaseFacts(
        observed_at=NOON,
        instance=Instance(
            name="pg-0001",
            state=state,
            activation_policy=policy,
            connection_name="nhia-hrms:us-central1:pg-0001",
            database_version="POSTGRES_15",
            addresses=(("PRIMARY", "127.0.0.1"),),
            settings_version=1,
            settings={},
            has_backups=True,
            has_pitr=pitr,
            has_deletion_protection=True,
            keeps_backups_on_delete=False,
            replicas=(),
            labels={},
        ),
        window=Window(earliest=NOON - 48 * hour, latest=NOON - timedelta(minutes=5))
        if pitr
        else None,
        backups=tuple(
            Backup(
                id=str(days),
                instance="pg-0001",
                kind="AUTOMATED",
                status="SUCCESSFUL",
                began_at=NOON - days * 24 * hour,
                ended_at=NOON - days * 24 * hour,
                bytes_max=None,
            )
            for days in (1, 2, 3)
        ),
        configured="pg-0001",
    )


@pytest.mark.parametrize("minutes", [-0.02, 0, 3, 5, 60, 48 * 60])
def test_a_moment_in_the_window_or_on_its_way_into_it_is_taken(minutes: float) -> None:
    """Just now, too: the cloud tells its time in whole seconds."""
    at = NOON - timedelta(minutes=minutes)
    database().require_moment(at)
    assert database().window


def test_a_moment_before_the_logs_is_refused_with_the_window_and_the_nearest_backups() -> None:
    with pytest.raises(MomentOutOfReach) as caught:
        database().require_moment(NOON - timedelta(hours=49))
    assert "Its logs reach from 2026-11-21 12:00:00 to 2026-11-23 11:55:00 UTC." in caught.value.why
    assert "Nearest backups: 2 of 2026-11-21 12:00:00 UTC" in caught.value.why
    assert caught.value.exit_code == 3


def test_a_moment_that_has_not_come_is_told_by_the_clouds_clock() -> None:
    with pytest.raises(MomentAhead) as caught:
        database().require_moment(NOON + timedelta(hours=1))
    assert "2026-11-23 13:00:00 UTC has not come yet." in caught.value.what


def test_an_instance_that_its_owner_stopped_is_told_so() -> None:
    with pytest.raises(InstanceStopped) as caught:
        database(policy="NEVER").require_moment(NOON)
    assert "Its owner has stopped it" in caught.value.why


def test_an_instance_without_logs_cannot_go_to_a_moment() -> None:
    with pytest.raises(PitrNotEnabled):
        database(pitr=False).require_moment(NOON)


def test_a_clone_is_named_after_its_source_and_its_run() -> None:
    name = name_of_clone("nhia-hrms-production-pg-0001", run=RUN, project="nhia-hrms")
    assert name == f"nhia-hrms-production-pg-0001-{RUN}"


def test_a_clone_of_a_clone_drops_the_earlier_runs_id() -> None:
    source = "nhia-hrms-production-pg-0001-261101-020304-00ff"
    assert (
        name_of_clone(source, run=RUN, project="nhia-hrms") == f"nhia-hrms-production-pg-0001-{RUN}"
    )


def test_a_long_name_is_cut_to_what_cloud_sql_takes() -> None:
    name = name_of_clone("a" * 120, run=RUN, project="nhia-hrms")
    assert len(f"nhia-hrms:{name}") == 98
    assert name.endswith(RUN)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=90), "90 seconds before"),
        (timedelta(minutes=93), "93 minutes before"),
        (timedelta(hours=47), "47 hours before"),
        (timedelta(days=1493), "1493 days before"),
    ],
)
def test_how_far_a_moment_is_ahead_is_told_in_units_that_are_read(
    ahead: timedelta, words: str
) -> None:
    assert words in MomentAhead(asked=NOON + ahead, now=NOON).why
