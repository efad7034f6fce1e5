"""What a restore would do, decided without asking anybody."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hrmsops.config.database_settings import Database
from hrmsops.engine.plan import Plan
from hrmsops.errors.backup import (
    BackupOfAnotherVersion,
    NoFreshBackup,
    NothingToRestoreInto,
    ReplicasInTheWay,
)
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.fence import FenceImpossible
from hrmsops.gcp.sql_resources import Instance
from hrmsops.rollback.backup_facts import BackupFacts
from hrmsops.rollback.cutover_facts import CutoverFacts
from hrmsops.rollback.hold_first import HoldFirst
from hrmsops.rollback.kinds import backup as anew
from hrmsops.rollback.kinds import backup_in_place as in_place
from hrmsops.rollback.serving_at import served_at
from hrmsops.steps.tell import TellFollowUps
from tests.rollback.facts import environment, facts, instance, revision
from tests.rollback.test_backup_choice import NOW, SERVING, backup

RUN = "261124-030000-7f3a"
SERVICE = facts(revision(1), revision(2))
STOPPED = "No PostgreSQL server answers."


def database(seen: Instance | None) -> BackupFacts:
    return BackupFacts(
        observed_at=NOW, active=SERVING, instance=seen, backups=(backup(1),), configured=SERVING
    )


def planned(
    folder: Path, seen: Instance | None, *accepted: str, trouble: str = "", roles: bool = True
) -> Plan:
    """`--in-place` of a backup of an hour ago."""
    env = environment(folder)
    if roles:
        env = msgspec.structs.replace(env, database=_database())
    return in_place.plan(
        SERVICE,
        database(seen),
        backup=backup(1),
        served=served_at(SERVICE, NOW, wanted="api-00001"),
        trouble=trouble,
        environment=env,
        reason="lost",
        accepted=accepted,
        hold=HoldFirst(),
    )


def _database() -> Database:
    return Database(name="hrms", user="hrms_ops", app_roles=("hrms_app",))


def promoted(folder: Path, seen: Instance | None, *accepted: str) -> Plan:
    """`--promote` while the old database does not answer."""
    served = served_at(SERVICE, NOW, wanted="api-00001")
    cutover = CutoverFacts(
        service=SERVICE,
        source=SERVING,
        clone=f"{SERVING}-{RUN}",
        at=anew.sure_until(backup(1)),
        served=served,
        trouble=STOPPED,
        roles=("hrms_app",),
    )
    return anew.plan(
        SERVICE,
        database(seen),
        backup=backup(1),
        environment=environment(folder),
        reason="lost",
        run=RUN,
        into=f"{SERVING}-{RUN}",
        promotion=cutover,
        accepted=accepted,
        hold=HoldFirst(),
    )


def names(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def test_in_place_nothing_is_acknowledged_between_the_backup_and_the_restore(
    tmp_path: Path,
) -> None:
    steps = names(planned(tmp_path, instance(name=SERVING)))

    first = ["note-instance", "note-loss", "close-for-restore", "back-up-first"]
    assert steps[:5] == [*first, "restore-in-place"]
    kept = ["capture-differences", "advance-sequences"]
    assert steps[5:9] == ["verify-clone", *kept, "open-database"]
    assert steps[-1] == "take-backup"
    assert "shift-traffic" in steps


def test_in_place_is_confirmed_by_the_name_of_what_is_overwritten(tmp_path: Path) -> None:
    plan = planned(tmp_path, instance(name=SERVING))
    assert plan.subject["overwrites"] == SERVING
    assert plan.undo is None
    assert [step.name for step in plan.steps if step.loses_data] == ["restore-in-place"]


@pytest.mark.parametrize(
    ("seen", "refusal"),
    [
        (None, NothingToRestoreInto),
        (instance(name=SERVING, replicas=("replica-1",)), ReplicasInTheWay),
        (instance(name=SERVING, database_version="POSTGRES_16"), BackupOfAnotherVersion),
    ],
    ids=["gone", "replicas", "version"],
)
def test_in_place_is_refused_whatever_is_accepted(
    tmp_path: Path, seen: Instance | None, refusal: type[HrmsopsError]
) -> None:
    with pytest.raises(refusal):
        planned(tmp_path, seen, refusal.code)


def test_in_place_without_a_fresh_backup_takes_its_own_consent(tmp_path: Path) -> None:
    failed = instance(name=SERVING, state="FAILED")
    with pytest.raises(NoFreshBackup):
        planned(tmp_path, failed)

    plan = planned(tmp_path, failed, NoFreshBackup.code)

    assert names(plan)[:2] == ["note-loss", "restore-in-place"]
    assert any("No backup of" in warning for warning in plan.warnings)


def test_in_place_an_unreachable_database_that_runs_takes_its_own_consent(tmp_path: Path) -> None:
    running = instance(name=SERVING)
    with pytest.raises(FenceImpossible):
        planned(tmp_path, running, trouble=STOPPED)
    plan = planned(tmp_path, running, FenceImpossible.code, trouble=STOPPED)
    assert "close-for-restore" not in names(plan)
    assert any("NOT fenced" in warning for warning in plan.warnings)


@pytest.mark.parametrize("seen", [None, instance(name=SERVING, state="FAILED")])
def test_what_is_lost_by_cloud_sqls_own_word_needs_no_fence(
    tmp_path: Path, seen: Instance | None
) -> None:
    plan = promoted(tmp_path, seen)
    steps = names(plan)
    assert "fence-database" not in steps
    assert steps[:3] == ["note-loss", "restore-backup", "verify-clone"]
    told = plan.steps[-1]
    assert isinstance(told, TellFollowUps)
    assert not told.is_old_read, "the replay it names needs the application's log"


def test_what_may_only_be_out_of_reach_takes_its_own_consent(tmp_path: Path) -> None:
    running = instance(name=SERVING)
    with pytest.raises(FenceImpossible):
        promoted(tmp_path, running)
    assert "create-revision" in names(promoted(tmp_path, running, FenceImpossible.code))


def test_a_new_instance_has_todays_settings_and_can_be_deleted_until_it_serves() -> None:
    today = {"tier": "db-custom-4-15360", "settingsVersion": "9", "userLabels": {"team": "hrms"}}
    then = {"tier": "db-custom-2-7680", "settingsVersion": "3", "userLabels": {"team": "hrms"}}
    kept = backup(1, settings={**then, "deletionProtectionEnabled": True})

    found = anew.settings_beside(kept, instance(name=SERVING, settings=today))

    assert found["tier"] == "db-custom-4-15360"
    assert found["deletionProtectionEnabled"] is False
    assert "settingsVersion" not in found
    assert "userLabels" not in found
