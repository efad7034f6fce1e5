"""What taking a migration back would do to the rows that are there now."""

from django.db import DatabaseError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from .operations import back


class Losses:
    """Counts what would go, and what the reverse would stop at; a method for each operation."""

    def __init__(self, session):
        self._session = session

    def of(self, migration, state):
        """What would go, and what would stop it, counted in the database as it is."""
        losses, obstacles = [], []
        label = migration.app_label
        for operation, _, after, before in back(migration, state):
            look = getattr(self, "_at_" + type(operation).__name__, None)
            if look is None:
                continue
            try:
                for is_loss, facts in look(operation, label, before, after):
                    (losses if is_loss else obstacles).append(facts)
            except LookupError:
                continue  # A model that this state does not have.
        return losses, [each for each in obstacles if each["rows"] != 0]

    def _at_CreateModel(self, operation, label, _, after):  # noqa: N802 - Django's own names.
        model = after.apps.get_model(label, operation.name)
        if model._meta.managed and not model._meta.proxy:
            yield True, self._loss(model._meta.db_table)
            for field in model._meta.local_many_to_many:
                yield from self._field(model, field)

    def _at_AddField(self, operation, label, _, after):  # noqa: N802
        model = after.apps.get_model(label, operation.model_name)
        if model._meta.managed:
            yield from self._field(model, model._meta.get_field(operation.name))

    def _field(self, model, field):
        if field.many_to_many:
            through = field.remote_field.through
            if through._meta.auto_created:
                yield True, self._loss(through._meta.db_table)
        elif field.column:
            yield True, self._loss(model._meta.db_table, field.column)

    def _at_RemoveField(self, operation, label, before, _):  # noqa: N802
        model = before.apps.get_model(label, operation.model_name)
        field = model._meta.get_field(operation.name)
        if field.many_to_many or not field.column or field.null or self._has_value(field):
            return
        yield False, self._found("no-value", model, field.column, "TRUE")

    def _at_AlterField(self, operation, label, before, after):  # noqa: N802
        model = after.apps.get_model(label, operation.model_name)
        old = before.apps.get_model(label, operation.model_name)._meta.get_field(operation.name)
        new = model._meta.get_field(operation.name)
        if old.many_to_many or new.many_to_many or not (old.column and new.column):
            return
        column, quote = new.column, self._session.main.ops.quote_name
        if new.null and not old.null and not self._has_value(old):
            yield False, self._found("null", model, column, f"{quote(column)} IS NULL")
        if old.unique and not new.unique:
            yield False, self._twice(model, [column])
        if old.max_length and (not new.max_length or new.max_length > old.max_length):
            condition = f"length({quote(column)}::text) > {old.max_length}"
            yield False, self._found("too-long", model, column, condition)
        low, high = self._range(old)
        if high is not None and self._range(new) != (low, high):
            condition = f"{quote(column)} NOT BETWEEN {low} AND {high}"
            yield False, self._found("out-of-range", model, column, condition)

    def _range(self, field):
        try:
            return self._session.main.ops.integer_field_range(field.get_internal_type())
        except KeyError:
            return (None, None)

    def _at_RemoveConstraint(self, operation, label, before, after):  # noqa: N802
        model = before.apps.get_model(label, operation.model_name)
        for each in model._meta.constraints:
            if each.name != operation.name:
                continue
            if getattr(each, "fields", ()) and not each.condition:
                columns = [model._meta.get_field(name).column for name in each.fields]
                yield False, self._twice(model, columns)
            elif hasattr(each, "_get_check_sql"):
                with self._session.main.schema_editor(collect_sql=True) as editor:
                    check = each._get_check_sql(model, editor)
                yield False, self._found("check", model, each.name, f"NOT ({check})")

    def _at_AlterUniqueTogether(self, operation, label, before, after):  # noqa: N802
        old = before.apps.get_model(label, operation.name)
        new = after.apps.get_model(label, operation.name)
        for names in set(old._meta.unique_together) - set(new._meta.unique_together):
            yield False, self._twice(old, [old._meta.get_field(each).column for each in names])

    def _has_value(self, field):
        """Whether Django or the database fills the column by itself."""
        has_default = getattr(field, "has_db_default", None)
        if has_default is not None and has_default():
            return True
        if getattr(field, "generated", False):
            return True
        return BaseDatabaseSchemaEditor._effective_default(field) is not None

    def _loss(self, table, column=""):
        quote = self._session.main.ops.quote_name
        values = f"count({quote(column)})" if column else "0"
        found = self._counted(f"SELECT count(*), {values} FROM {quote(table)}")  # noqa: S608
        rows, values = found or (None, None)
        return {"table": table, "column": column, "rows": rows,
                "values": values if column else None}  # fmt: skip

    def _found(self, kind, model, column, condition):
        """Rows that the reverse would stop at."""
        quote = self._session.main.ops.quote_name
        table = model._meta.db_table
        sql = f"SELECT count(*) FROM {quote(table)} WHERE {condition}"  # noqa: S608
        found = self._counted(sql)
        return {"kind": kind, "table": table, "column": column, "rows": found and found[0]}

    def _twice(self, model, columns):
        quote = self._session.main.ops.quote_name
        table, names = model._meta.db_table, ", ".join(quote(each) for each in columns)
        known = " AND ".join(f"{quote(each)} IS NOT NULL" for each in columns)
        found = self._counted(
            f"SELECT count(*) FROM (SELECT FROM {quote(table)} WHERE {known}"  # noqa: S608
            f" GROUP BY {names} HAVING count(*) > 1) twice"
        )
        return {"kind": "twice", "table": table, "column": ", ".join(columns),
                "rows": found and found[0]}  # fmt: skip

    def _counted(self, sql):
        """None where it could not be counted in time, or depends on migrations before it."""
        try:
            return self._session.rows(sql)[0]
        except DatabaseError:
            return None
