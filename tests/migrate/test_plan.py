"""What is decided of what was observed: refusals, backups, and plans that stay the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan
from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.plans.migrate import plan
from hrmsops.plans.migration_facts import (
    Danger,
    Half,
    MigrationFacts,
    Operation,
    Pending,
    TableSize,
)

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ENVIRONMENT = Environment(
    name="production",
    kind="production",
    project="nhia-hrms",
    region="us-central1",
    service="nhia-hrms-production-api",
)
GRADE = Pending(
    app="employees",
    name="0003_grade",
    is_atomic=True,
    replaces=(),
    operations=(
        Operation(kind="AddField", text="Add field grade", is_reversible=True, is_code=False),
    ),
    sql=("ALTER TABLE employees_employee ADD COLUMN grade int NULL;",),
    locks={"employees_employee": "ACCESS EXCLUSIVE"},
    destroys=False,
    fingerprint="f00",
)
DANGER = Danger(
    rule="column-dropped",
    severity="danger",
    migration="employees.0003_grade",
    operation="RemoveField",
    table="employees_employee",
    why="The values are gone for good.",
    instead="Drop it in a later release.",
)
FACTS = MigrationFacts(
    observed_at=NOON,
    service="projects/nhia-hrms/locations/us-central1/services/nhia-hrms-production-api",
    instance="nhia-hrms-production-pg-0001",
    database="hrms",
    role="hrms_app",
    server="15.18",
    django="5.2",
    commit="c0ffee",
    image="",
    as_job=False,
    app="",
    to="",
    applied=12,
    pending=(GRADE,),
    backwards=(),
    unknown=(),
    owners={},
    changes=(),
    checks=(),
    known=(),
    sizes={"employees_employee": TableSize(rows=103_412, bytes=1)},
    findings=(),
    unchecked=(),
    half=(),
    under_way=None,
)
HOLDER = {"pid": 7, "user": "u", "application": "hrmsops run-1", "client": "", "since": "now"}


def made(*accepted: str, **changes: Any) -> Plan:
    return plan(
        msgspec.structs.replace(FACTS, **changes),
        environment=ENVIRONMENT,
        reason="a deploy",
        accepted=accepted,
        statement_ms=30_000,
        lock_ms=10_000,
    )


def names(of: Plan) -> list[str]:
    return [step.name for step in of.steps]


def test_a_plan_applies_tells_and_looks() -> None:
    assert names(made()) == ["apply-migration", "settle-migrations", "verify-migrations"]


def test_with_nothing_pending_there_are_no_steps_and_no_way_back() -> None:
    nothing = made(pending=())
    assert nothing.steps == ()
    assert nothing.undo is None


@pytest.mark.parametrize(
    ("changes", "code", "can_be_accepted"),
    [
        ({"under_way": HOLDER}, "migration-under-way", False),
        ({"owners": {"employees_employee": "someone"}}, "tables-of-another-owner", False),
        ({"backwards": ("employees.0002_code",), "to": "0001"}, "backward-refused", False),
        ({"unknown": ("employees.0009_later",)}, "code-behind-database", True),
        ({"checks": ("fields.E304: a clash",)}, "system-checks-failed", True),
        ({"changes": ("employees: Add field x",)}, "models-without-migration", True),
        (
            {"half": (Half(migration="employees.0003_grade", run="run-1", operation=2),)},
            "half-applied",
            True,
        ),
    ],
)
def test_what_stands_against_it_is_refused_and_only_some_of_it_can_be_accepted(
    changes: dict[str, Any], code: str, can_be_accepted: bool
) -> None:
    with pytest.raises(HrmsopsError) as raised:
        made(**changes)
    assert raised.value.code == code
    assert raised.value.exit_code in (ExitCode.REFUSED, ExitCode.CONFLICT)

    if can_be_accepted:
        assert f"Accepted: {code}" in made(code, **changes).because
    else:
        with pytest.raises(HrmsopsError):
            made(code, **changes)


def test_a_danger_is_accepted_by_its_own_rule_and_by_no_other() -> None:
    with pytest.raises(HrmsopsError, match="unsafe-migrations"):
        made("index-blocks-writes", findings=(DANGER,))
    accepted = made("column-dropped", findings=(DANGER,))
    assert any("The values are gone for good" in each for each in accepted.warnings)


def test_an_empty_database_has_nothing_to_lose() -> None:
    drops = msgspec.structs.replace(GRADE, destroys=True)
    first = made(applied=0, findings=(DANGER,), pending=(drops,))
    assert "take-backup" not in names(first)
    assert names(made(pending=(drops,)))[0] == "take-backup"


def test_without_a_backup_only_where_that_is_accepted_and_said() -> None:
    drops = msgspec.structs.replace(GRADE, destroys=True)
    bold = made("no-backup", pending=(drops,))
    assert "take-backup" not in names(bold)
    assert any("no backup is taken" in each for each in bold.warnings)


def test_an_approved_plan_is_the_same_after_a_hundred_more_rows_and_an_hour() -> None:
    later = NOON.replace(hour=13)
    sizes = {"employees_employee": TableSize(rows=103_512, bytes=2)}
    assert made().hash == made(observed_at=later, sizes=sizes).hash
    other = msgspec.structs.replace(GRADE, fingerprint="f01")
    assert made().hash != made(pending=(other,)).hash
