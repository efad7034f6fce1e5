"""What a sighting says to the questions of the tree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from hrmsops.gcp.sql_resources import Backup, Window
from hrmsops.rollback.advice import advise
from hrmsops.rollback.backup_facts import BackupFacts
from hrmsops.rollback.code_facts import CodeFacts
from hrmsops.rollback.database_facts import DatabaseFacts
from hrmsops.rollback.moments import Applied
from hrmsops.rollback.schema_fit import fits
from hrmsops.rollback.sighting import HoldSeen, Said, SchemaFacts, Seen, ServingHealth, Sighting
from hrmsops.safety.reversal import Reversal
from hrmsops.steps.hold.facts import HoldFacts
from tests.rollback.facts import NOON, facts, instance, revision

NOTHING_SAID = Said()
BETWEEN = Applied(migration="payroll.0003_amounts", at=NOON + timedelta(hours=1, minutes=30))
UNREACHABLE: Any = Seen(value=None, why="Nobody listens.", code="database-unreachable")


def _backup(hours: float) -> Backup:
    ended = NOON + timedelta(hours=hours)
    known: dict[str, Any] = dict.fromkeys(Backup.__struct_fields__, "")
    known |= {"id": "17", "instance": "pg-0001", "kind": "AUTOMATED", "status": "SUCCESSFUL"}
    known |= {"began_at": ended, "ended_at": ended, "bytes_max": 1}
    return Backup(**known)


def sighting(**changes: Any) -> Sighting:
    """Two revisions, all well, logs and a backup from before both."""
    running = instance()
    database = DatabaseFacts(
        observed_at=NOON,
        instance=running,
        window=Window(earliest=NOON, latest=NOON + timedelta(hours=9)),
        backups=(),
        configured="pg-0001",
    )
    backups = BackupFacts(
        observed_at=NOON,
        active="pg-0001",
        instance=running,
        backups=(_backup(0.5),),
        configured="pg-0001",
    )
    known: dict[str, Any] = {
        "at": NOON,
        "seconds": 0.1,
        "service": Seen(value=facts(revision(1), revision(2))),
        "health": Seen(value=ServingHealth(verdict="unhealthy", findings=())),
        "database": Seen(value=database),
        "backups": Seen(value=backups),
        "schema": Seen(value=SchemaFacts(applied=(), checks={}, leaves_by_image={})),
        "requests": Seen(value=None, why="Cloud Monitoring did not answer in 2 s"),
        "hold": Seen(value=HoldSeen(hold=None, facts=HoldFacts())),
        "holder": "",
        "unfinished": (),
    }
    return Sighting(**known | changes)


def _kind(seen: Sighting, said: Said = NOTHING_SAID, code: CodeFacts | None = None) -> str:
    return advise(seen, said, code, told={}, environment="production").recommendation.kind


def _schema(*applied: Applied, **checks: bool) -> Seen[SchemaFacts]:
    return Seen(value=SchemaFacts(applied=applied, checks=checks, leaves_by_image={}))


def test_errors_without_migrations_since_lead_to_the_application() -> None:
    advice = advise(sighting(), NOTHING_SAID, None, told={}, environment="production")
    assert advice.recommendation.kind == "app"
    assert advice.chosen.command == "hrmsops rollback app -e production"


def test_a_check_that_is_false_says_by_itself_that_data_is_damaged() -> None:
    seen = sighting(schema=_schema(BETWEEN, payslips_have_lines=False))
    advice = advise(seen, NOTHING_SAID, None, told={}, environment="production")
    assert advice.recommendation.kind == "pitr"
    assert "--before-migration payroll.0003_amounts" in advice.chosen.command


@pytest.mark.parametrize(
    ("kind", "repairs", "way"),
    [
        ("lossless", True, "migration"),
        ("lossy", True, "migration"),
        ("lossy", False, "pitr"),
        ("fake", False, "pitr"),
        ("irreversible", False, "pitr"),
    ],
)
def test_damage_is_reversed_only_where_the_reverse_repairs_it(
    kind: Any, repairs: bool, way: str
) -> None:
    seen = sighting(schema=_schema(BETWEEN))
    assert _kind(seen, Said(is_damaged=True), _code(kind, repairs=repairs)) == way


def _code(kind: Any, *, repairs: bool = True, breaks: str = "") -> CodeFacts:
    """The code at hand has the migration between the two revisions."""
    name = BETWEEN.migration
    return CodeFacts(
        reversals={name: Reversal(migration=name, kind=kind, repairs=repairs, why=("so",))},
        breaks_old={name: (breaks,)} if breaks else {},
    )


def test_a_previous_revision_that_a_migration_breaks_is_never_gone_back_to() -> None:
    seen = sighting(schema=_schema(BETWEEN))
    broken = _code("lossless", breaks="payslip.net is gone")
    assert _kind(seen, Said(is_damaged=False), broken) == "migration"
    lossy = _code("lossy", breaks="payslip.net is gone")
    assert _kind(seen, Said(is_damaged=False), lossy) == "roll-forward"


def test_a_migration_that_breaks_nothing_lets_the_previous_revision_back() -> None:
    seen = sighting(schema=_schema(BETWEEN))
    advice = advise(seen, NOTHING_SAID, _code("lossy"), told={}, environment="production")
    assert advice.recommendation.kind == "app"
    assert not any("schema" in caveat for caveat in advice.recommendation.caveats)


def test_the_ledger_tells_that_a_code_has_a_migration_that_came_after_it_was_deployed() -> None:
    known = {"hrms/api@sha256:1": ("payroll.0003_amounts",)}
    schema = SchemaFacts(applied=(BETWEEN,), checks={}, leaves_by_image=known)
    assert fits(revision(1), Seen(value=schema), None).value is True
    assert fits(revision(1), _schema(BETWEEN), None).value is None


def test_a_reverse_that_nobody_has_read_is_never_relied_on() -> None:
    assert _kind(sighting(schema=_schema(BETWEEN)), Said(is_damaged=True)) == "pitr"


def test_harm_from_before_the_logs_leads_to_a_backup() -> None:
    early = Said(is_damaged=True, since=NOON - timedelta(hours=2))
    old = sighting()
    assert old.backups.value is not None
    backups = msgspec.structs.replace(old.backups.value, backups=(_backup(-3),))
    assert _kind(sighting(backups=Seen(value=backups)), early) == "backup"


def test_without_a_backup_from_before_the_harm_the_way_is_forward_and_says_why() -> None:
    early = Said(is_damaged=True, since=NOON - timedelta(hours=2))
    advice = advise(sighting(), early, None, told={}, environment="production")
    assert advice.recommendation.kind == "roll-forward"
    assert "none from before the harm" in " ".join(advice.recommendation.missing)


@pytest.mark.parametrize("state", ["FAILED", "SUSPENDED"])
def test_an_instance_that_is_lost_is_restored_from_a_backup(state: str) -> None:
    seen = sighting()
    assert seen.backups.value is not None
    lost = msgspec.structs.replace(seen.backups.value, instance=instance(state=state))
    assert _kind(sighting(backups=Seen(value=lost), schema=UNREACHABLE)) == "backup"


def test_a_database_that_only_we_cannot_reach_is_not_called_lost() -> None:
    healthy = Seen(value=ServingHealth(verdict="healthy", findings=()))
    advice = advise(
        sighting(schema=UNREACHABLE, health=healthy),
        NOTHING_SAID,
        None,
        told={},
        environment="production",
    )
    assert advice.recommendation.kind == "app"
    assert "Nobody could tell whether the database answers." in advice.recommendation.caveats


def test_with_nothing_known_at_all_every_fact_is_said_to_be_unknown() -> None:
    dark: Any = Seen(value=None, why="No answer within 6 s.")
    seen = sighting(service=dark, health=dark, database=dark, backups=dark, schema=dark)
    advice = advise(seen, NOTHING_SAID, None, told={}, environment="production")
    said = dict(advice.facts)
    assert said["serving"] == said["backups"] == "unknown: No answer within 6 s."
    assert len(advice.recommendation.caveats) >= 2
