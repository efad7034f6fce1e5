"""The Django migration that goes with a partitioned table: state only, as no SQL is left to run."""

from __future__ import annotations

import re

from hrmsops.partition.cut import Cut

_FILE = '''\
"""{table} is partitioned by {every} of {column} (hrmsops run {run}).

Nothing is left to do in the database: `hrmsops table partition` has done it, while it was in use.
On a database where the table is a plain one, as in tests, this changes nothing either.{told}
"""

from django.db import migrations
{helper}

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
so that PostgreSQL looks into one partition only. Add no ForeignKey that points to this model, and
no bulk_create(update_conflicts=True) with the old key as unique_fields: no index has it alone."""
_REQUIRED = """

{column} can be NULL no longer: take null=True from the model's field, which this migration does in
Django's state."""
# The field's other options are the model's own, and not known from the database.
_HELPER = '''

class Required(migrations.operations.base.Operation):
    """A field that is NOT NULL from here on, and else as it was."""

    def __init__(self, table, column):
        self.table, self.column = table, column

    def state_forwards(self, app_label, state):
        for (app, name), model in list(state.models.items()):
            if model.options.get("db_table", f"{{app}}_{{name}}") != self.table:
                continue
            for field_name, field in model.fields.items():
                if (field.db_column or field_name) == self.column:
                    changed = field.clone()
                    changed.null = False
                    state.alter_field(app, name, field_name, changed, True)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        pass

    database_backwards = database_forwards

    def describe(self):
        return f"{{self.column}} of {{self.table}} is NOT NULL"

'''


def migration(cut: Cut, *, app: str, leaf: str) -> str:
    """The file's text; `leaf` is the newest migration of `app`."""
    keys = {"new": ", ".join(cut.new_key), "old": ", ".join(cut.key), "column": cut.column}
    told = _KEY.format(**keys) if cut.changes_key else ""
    state = ""
    if cut.was_nullable:
        told += _REQUIRED.format(column=cut.column)
        state = f"Required({cut.table!r}, {cut.column!r})"
    return _FILE.format(
        table=cut.name,
        every=cut.every,
        column=cut.column,
        run=cut.run,
        told=told,
        helper=_HELPER.format() if cut.was_nullable else "",
        dependencies=f'[("{app}", "{leaf}")]' if leaf else "[]",
        state=state,
    )


def is_ours(text: str, cut: Cut) -> bool:
    """Whether a file's text is a migration that was written for this table before."""
    return text.startswith(f'"""{cut.name} is partitioned by ')


def file_name(cut: Cut, *, leaf: str) -> str:
    """The next number of the app: `0042_partition_core_auditlog.py`."""
    number = re.match(r"\d+", leaf)
    return f"{int(number[0]) + 1 if number else 1:04}_partition_{cut.table.lower()}.py"
