"""The Django migration that goes with a partitioned table: state only, as no SQL is left to run."""

from __future__ import annotations

import re

from hrmsops.partition.cut import Cut

_FIELDS = {"date": "DateField", "timestamp with time zone": "DateTimeField"}
_FILE = '''\
"""{table} is partitioned by {every} of {column} (hrmsops run {run}).

Nothing is left to do in the database: `hrmsops table partition` has done it, while it was in use.
On a database where the table is a plain one, as in tests, this changes nothing either.{key}
"""

from django.db import migrations{imports}


class Migration(migrations.Migration):
    dependencies = {dependencies}

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[],
            state_operations=[{state}],
        ),
    ]
'''
_KEY = """

The primary key in the database is ({new}). The model keeps its own, ({old}): Django needs one
column to be the key, and every query by it works on. Always say {column} too where it is known,
so that PostgreSQL looks into one partition only. Add no ForeignKey that points to this model."""


def migration(cut: Cut, *, leaf: str) -> str:
    """The file's text; `leaf` is the app's newest migration."""
    app, _, model = cut.table.partition("_")
    state = ""
    if cut.was_nullable:
        field = _FIELDS.get(cut.type, "DateTimeField")
        state = (
            f'\n                migrations.AlterField("{model}", "{cut.column}",'
            f" models.{field}()),\n            "
        )
    keys = {"new": ", ".join(cut.new_key), "old": ", ".join(cut.key), "column": cut.column}
    return _FILE.format(
        table=cut.name,
        every=cut.every,
        column=cut.column,
        run=cut.run,
        key=_KEY.format(**keys) if cut.changes_key else "",
        imports=", models" if cut.was_nullable else "",
        dependencies=f'[("{app}", "{leaf}")]' if leaf else "[]",
        state=state,
    )


def file_name(cut: Cut, *, leaf: str) -> str:
    """The next number of the app: `0042_partition_core_auditlog.py`."""
    number = re.match(r"\d+", leaf)
    return f"{int(number[0]) + 1 if number else 1:04}_partition_{cut.table.lower()}.py"
