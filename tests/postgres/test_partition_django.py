"""The migration that goes with a partitioned table, in the HRMS in miniature."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from hrmsops.commands.partition_migration import companion
from hrmsops.errors.partition import MigrationNotWritable
from hrmsops.partition.cut import Cut
from hrmsops.partition.django_migration import migration
from hrmsops.plans.observing_partition import observe_table
from hrmsops.postgres.session import Target
from hrmsops.sandbox.releases import build
from tests.postgres.conftest import LOGINS, Make, ask
from tests.postgres.partitioning import Bench
from tests.sandbox.served_hrms import manage

TABLE = "core_auditlog"
KIND = f"SELECT relkind::text FROM pg_class WHERE relname = '{TABLE}'"
CHECKED = """
from django.core.management import call_command
call_command("makemigrations", "--check", "--dry-run")
call_command("migrate")
from core.models import AuditLog
made = AuditLog.objects.create(action="insert", table_name="t", row_id=1, request_id="r", release="x")
assert AuditLog.objects.get(pk=made.pk).created_at == made.created_at
"""
# A model in Django's state whose field has an option that the database knows nothing of.
STATE = """
import sys
import django
from django.conf import settings
settings.configure()
django.setup()
from django.db import models
from django.db.migrations.state import ModelState, ProjectState
state, found = ProjectState(), {}
key, at = models.AutoField(primary_key=True), models.DateTimeField(null=True, help_text="when")
state.add_model(ModelState("core", "AuditLog", [("id", key), ("created_at", at)]))
exec(sys.stdin.read(), found)
state = found["Migration"]("0042", "core").mutate_state(state)
field = state.models["core", "auditlog"].fields["created_at"]
print(field.null, field.help_text)
"""


def test_it_applies_changes_nothing_and_builds_a_database_from_nothing(
    make: Make, tmp_path: Path
) -> None:
    image, bench = build("2024.2", tmp_path / "hrms"), Bench(make(""), tmp_path / "state")
    manage(image, _variables(bench.target), "migrate", "--noinput")
    facts = observe_table(bench.world(), instance="i", table=TABLE, column="created_at")
    plan = bench.plan(TABLE)
    bench.run(plan)

    migrations = tmp_path / "hrms/core/migrations"
    goes_with_it = companion(plan, facts, migrations)
    goes_with_it.write()
    file = goes_with_it.file
    assert companion(plan, facts, migrations) == goes_with_it, "the same command again"
    with pytest.raises(MigrationNotWritable, match="0001_initial"):
        companion(plan, facts, migrations / "0001_initial.py")

    assert "No changes" in manage(image, _variables(bench.target), "shell", "-c", CHECKED)
    assert ask(bench.target, KIND) == [("p",)]
    fresh = make("")
    manage(image, _variables(fresh), "migrate", "--noinput")
    applied = f"SELECT app FROM django_migrations WHERE name = '{file.stem}'"
    assert ask(fresh, applied) == ask(bench.target, applied) == [("core",)]
    assert ask(fresh, KIND) == [("r",)]


def test_a_column_that_can_be_null_no_longer_keeps_its_other_options_in_djangos_state() -> None:
    fields = {"schema": "public", "table": TABLE, "column": "created_at", "type": "date"}
    cut = msgspec.convert(
        fields
        | {"every": "month", "ahead": 1, "method": "attach", "run": "r", "split": None}
        | {"key": ["id"], "was_nullable": True, "pieces": []},
        Cut,
    )
    said = subprocess.run(
        [sys.executable, "-c", STATE],
        input=migration(cut, app="core", leaf=""),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (said.stdout, said.stderr) == ("False when\n", "")


def _variables(target: Target) -> dict[str, str]:
    [password] = [each.password for each in LOGINS if each.name == "hrms_app"]
    return {
        "ALLOWED_HOSTS": "*",
        "DB_HOST": target.host,
        "PGPORT": str(target.port),
        "DB_NAME": target.database,
        "DB_USER": "hrms_app",
        "DB_PASSWORD": password,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
