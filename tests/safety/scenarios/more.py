"""Deploys from a second look through the rules: no measure of what was not seen."""

from __future__ import annotations

from tests.safety.scenarios import Scenario, one
from tests.safety.scenarios.known import python, sql

MORE: tuple[Scenario, ...] = (
    one(
        "s-fk-to-case",
        "safe",
        'migrations.AlterField("badge", "employee", models.ForeignKey(on_delete=models.CASCADE, to="employees.Employee", db_index=True, null=False)),',
    ),
    one(
        "s-fk-target-change",
        "danger",
        'migrations.AlterField("badge", "employee", models.ForeignKey(on_delete=models.CASCADE, to="employees.department")),',
    ),
    one(
        "s-file-blank",
        "danger",
        'migrations.AddField("badge", "photo", models.ImageField(blank=True, upload_to="x")),',
    ),
    one(
        "s-null-to-db-default",
        "danger",
        'migrations.AlterField("employee", "nickname", models.CharField(max_length=50, db_default="")),',
    ),
    one(
        "s-check-replaced",
        "danger",
        'migrations.RemoveConstraint("employee", "salary_sane"),\nmigrations.AddConstraint("employee", models.CheckConstraint(condition=Q(salary__gte=-5), name="salary_sane")),',
    ),
    one(
        "s-sql-index-on-new",
        "safe",
        'migrations.CreateModel("Visit", fields=[("id", models.BigAutoField(primary_key=True, serialize=False)), ("place", models.TextField())]),\nmigrations.RunSQL("CREATE INDEX visit_place ON employees_visit (place)", "SELECT 1"),',
    ),
    one(
        "s-pk-to-uuid",
        "danger",
        'migrations.AlterField("badge", "id", models.UUIDField(primary_key=True, default=uuid.uuid4, serialize=False)),',
    ),
    one(
        "s-rename-and-readd",
        "danger",
        'migrations.RenameField("badge", "label", "text"),\nmigrations.AddField("badge", "label", models.CharField(max_length=20, null=True)),',
    ),
    one(
        "s-auto-now-change",
        "safe",
        'migrations.AlterField("employee", "hired", models.DateField(null=True, auto_now=True)),',
    ),
    one(
        "s-index-sep-not-concurrent",
        "danger",
        """
atomic = False
operations = [migrations.SeparateDatabaseAndState(state_operations=[migrations.AddIndex("badge", models.Index(fields=["label"], name="l"))], database_operations=[migrations.RunSQL("CREATE INDEX l ON employees_badge (label)", "DROP INDEX l")])]""",
    ),
    one(
        "s-runpython-atomic-true",
        "warning",
        """
def fill(apps, schema_editor):
    E = apps.get_model("employees", "Employee")
    while True:
        pks = list(E.objects.filter(notes="").values_list("pk", flat=True)[:10])
        if not pks:
            break
        E.objects.filter(pk__in=pks).update(notes="x")


atomic = False
operations = [migrations.RunPython(fill, migrations.RunPython.noop, atomic=True)]""",
    ),
    python(
        "s-guide-pattern-3",
        "safe",
        """
import time
batch_size = 1000
last_pk = 0

while True:
    batch = list(
        Employee.objects.filter(pk__gt=last_pk, notes="")
        .order_by("pk")
        .values_list("pk", flat=True)[:batch_size]
    )
    if not batch:
        break

    Employee.objects.filter(pk__in=batch).update(status="ACTIVE")
    last_pk = batch[-1]
    time.sleep(0.1)""",
        atomic=False,
    ),
    python(
        "s-save-each-not-atomic",
        "warning",
        'for e in Employee.objects.iterator():\n    e.notes = "x"\n    e.save()',
        atomic=False,
    ),
    python(
        "s-paginator",
        "safe",
        'from django.core.paginator import Paginator\npages = Paginator(Employee.objects.order_by("pk"), 500)\nfor n in pages.page_range:\n    for e in pages.page(n).object_list:\n        e.save()',
        atomic=False,
    ),
    python(
        "s-range-windows",
        "safe",
        'top = Employee.objects.order_by("-pk").values_list("pk", flat=True).first() or 0\nfor start in range(0, top + 1, 1000):\n    Employee.objects.filter(pk__gte=start, pk__lt=start + 1000).update(notes="x")',
        atomic=False,
    ),
    python(
        "s-models-in-loop",
        "danger",
        'Badge = apps.get_model("employees", "Badge")\nfor Model in (Employee, Badge):\n    Model.objects.all().delete()',
    ),
    python(
        "s-in-bulk-list",
        "danger",
        'rows = list(Employee.objects.all())\nfor r in rows:\n    r.notes = "x"\nEmployee.objects.bulk_update(rows, ["notes"], batch_size=500)',
    ),
    python(
        "s-yielding-helper",
        "safe",
        'def pieces(q):\n    n = q.count()\n    for i in range(0, n, 100):\n        yield q[i:i + 100]\nfor piece in pieces(Employee.objects.order_by("pk")):\n    for e in piece:\n        e.notes = "x"\n        e.save()',
        atomic=False,
    ),
    python(
        "s-get-user-model",
        "warning",
        "from django.contrib.auth import get_user_model\nget_user_model().objects.filter(pk=1).exists()",
    ),
    python(
        "s-live-choices", "safe", "from employees.models import Department\nDepartment.__name__"
    ),
    python(
        "s-get-or-create-loop-dict",
        "safe",
        'Department = apps.get_model("employees", "Department")\nfor code, name in {"a": "A", "b": "B"}.items():\n    Department.objects.update_or_create(code=code, defaults={"name": name})',
    ),
    python(
        "s-connection-import",
        "danger",
        'from django.db import connection\nwith connection.cursor() as c:\n    c.execute("DELETE FROM employees_badge")',
    ),
    python(
        "s-cursor-params",
        "safe",
        'with schema_editor.connection.cursor() as c:\n    c.execute("UPDATE employees_department SET name = %s WHERE code = %s", ["x", "d1"])',
    ),
    one(
        "s-lambda",
        "danger",
        'migrations.RunPython(lambda apps, se: apps.get_model("employees", "Badge").objects.all().delete(), migrations.RunPython.noop),',
    ),
    one(
        "s-sql-file",
        "danger",
        """
from pathlib import Path
operations = [migrations.RunSQL("\\n".join(["DROP", "TABLE", "employees_badge"]), migrations.RunSQL.noop)]""",
    ),
    one(
        "s-percent",
        "danger",
        'operations = [migrations.RunSQL("DROP %s employees_badge" % "TABLE", migrations.RunSQL.noop)]',
    ),
    sql(
        "s-any-array",
        "safe",
        "UPDATE employees_department SET name = 'x' WHERE id = ANY(ARRAY[1,2])",
    ),
    sql("s-set-schema", "danger", "ALTER TABLE employees_badge SET SCHEMA pg_temp"),
    sql("s-drop-trigger", "warning", "DROP TRIGGER IF EXISTS t ON employees_badge"),
    sql("s-row-security", "warning", "ALTER TABLE employees_employee ENABLE ROW LEVEL SECURITY"),
    sql("s-setval", "safe", "SELECT setval(pg_get_serial_sequence('employees_badge', 'id'), 100)"),
    sql("s-alter-seq", "safe", "ALTER SEQUENCE employees_badge_id_seq RESTART WITH 1000"),
    sql(
        "s-partition",
        "safe",
        "CREATE TABLE employees_log (at date NOT NULL, what text) PARTITION BY RANGE (at); CREATE TABLE employees_log_1 PARTITION OF employees_log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    ),
    sql(
        "s-guide-partition",
        "danger",
        "CREATE TABLE l (LIKE employees_employee INCLUDING ALL); INSERT INTO l SELECT * FROM employees_employee; ALTER TABLE employees_employee RENAME TO o; ALTER TABLE l RENAME TO employees_employee",
    ),
    sql(
        "s-matview",
        "safe",
        "CREATE MATERIALIZED VIEW employees_mv AS SELECT count(*) FROM employees_employee",
    ),
    sql("s-comment-only", "safe", "-- nothing"),
    sql("s-empty", "safe", ""),
    sql("s-statement-timeout", "safe", "SET statement_timeout = 0"),
    sql(
        "s-prepare-unique-null",
        "safe",
        "CREATE UNIQUE INDEX CONCURRENTLY u ON employees_employee (number, id)",
        atomic=False,
    ),
    sql(
        "s-timestamp",
        "danger",
        "ALTER TABLE employees_employee ALTER COLUMN hired TYPE timestamptz USING hired::timestamptz",
    ),
    sql("s-drop-constraint", "safe", "ALTER TABLE employees_employee DROP CONSTRAINT salary_sane"),
    sql(
        "s-lower-index-if",
        "danger",
        "create index if not exists i on employees_employee using gin (to_tsvector('simple', notes))",
    ),
    sql("s-copy-table", "safe", "CREATE TABLE employees_copy (LIKE employees_badge INCLUDING ALL)"),
)
