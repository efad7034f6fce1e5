"""What the database itself remembers of its migrations."""

from __future__ import annotations

from datetime import datetime

import pytest

from hrmsops.errors.migrate import MigrationFailed
from hrmsops.postgres.ledger import LedgerEntry, before_migration, read_ledger
from hrmsops.postgres.session import Target, connect
from tests.migrate.conftest import Bench
from tests.postgres.conftest import ask, run


def ledger(target: Target) -> tuple[LedgerEntry, ...]:
    with connect(target, read_only=True) as session:
        return read_ledger(session)


def test_a_database_without_a_ledger_has_no_entries(bench: Bench) -> None:
    assert ledger(bench.target) == ()


def test_a_migration_is_on_record_with_who_when_and_which_code(bench: Bench) -> None:
    [(before,)] = ask(bench.target, "SELECT clock_timestamp()")
    agent = bench.agent(run="run-7")
    bench.apply(agent, "0001_initial")
    [(after,)] = ask(bench.target, "SELECT clock_timestamp()")

    [entry] = ledger(bench.target)

    assert (entry.migration, entry.run, entry.commit) == ("staff.0001_initial", "run-7", "c0ffee")
    assert entry.operator == "oncall@nhia.example"
    assert entry.leaves == ("staff.0001_initial",)
    assert entry.outcome == "applied"
    assert isinstance(before, datetime)
    assert isinstance(after, datetime)
    assert entry.ended_at is not None
    assert before < entry.started_at < entry.ended_at < after


def test_what_a_migration_wrote_lies_between_its_transaction_ids(bench: Bench) -> None:
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    run(bench.target, "INSERT INTO staff_person (name, grade) VALUES ('by a user', 1)")
    bench.source.add(
        "0002_fill",
        "RunPython(fill),",
        before="""
        def fill(apps, editor):
            from django.db import transaction
            Person = apps.get_model("staff", "Person")
            Person.objects.create(name="by the migration", grade=2)
            with transaction.atomic():
                Person.objects.create(name="within a savepoint", grade=3)
        """,
    )
    agent.close()
    bench.apply(bench.agent(), "0002_fill")
    run(bench.target, "INSERT INTO staff_person (name, grade) VALUES ('by a user', 4)")

    entry = before_migration(ledger(bench.target), "staff.0002_fill")

    assert entry is not None
    assert entry.xid is not None
    assert entry.until_xid is not None
    rows = ask(bench.target, "SELECT grade, xmin::text::bigint FROM staff_person ORDER BY grade")
    written = [grade for grade, x in rows if entry.xid <= int(str(x)) < entry.until_xid]
    assert written == [2, 3]
    assert entry.transactions == frozenset({entry.xid})


def test_the_moment_before_a_migration_is_that_of_the_attempt_that_applied_it(
    bench: Bench,
) -> None:
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    run(bench.target, "INSERT INTO staff_person (name, grade) VALUES ('twice', 1), ('twice', 1)")
    bench.source.add(
        "0002_unique",
        'AddConstraint("person", models.UniqueConstraint(fields=["name"], name="one_name")),',
    )
    agent.close()
    again = bench.agent()
    with pytest.raises(MigrationFailed) as raised:
        bench.apply(again, "0002_unique")
    assert "one_name" in raised.value.why
    assert "twice" not in raised.value.why
    run(bench.target, "DELETE FROM staff_person")
    bench.apply(again, "0002_unique")

    entries = ledger(bench.target)

    assert [each.outcome for each in entries] == ["applied", "failed", "applied"]
    assert before_migration(entries, "staff.0002_unique") == entries[-1]
    assert before_migration(entries, "staff.0009_none") is None
