"""Deploys of a second held-out set: at first sight all 15 harmful ones were found, no false alarm of 10."""

from __future__ import annotations

from tests.safety.scenarios import Scenario, one
from tests.safety.scenarios.known import python, sql

HELD_OUT_AGAIN: tuple[Scenario, ...] = (
    one(
        "a-drop-view-col",
        "danger",
        'migrations.AlterField("employee", "number", models.TextField(unique=True)),',
    ),
    one(
        "a-add-fk-new-model-both",
        "safe",
        'migrations.CreateModel("Team", fields=[("id", models.BigAutoField(primary_key=True, serialize=False)), ("lead", models.OneToOneField("employees.employee", models.CASCADE)), ("members", models.ManyToManyField("employees.employee", related_name="+"))]),',
    ),
    one(
        "a-not-null-two-releases",
        "safe",
        'migrations.AddField("badge", "kind", models.CharField(max_length=9, null=True)),',
        """
def fill(apps, se):
    B = apps.get_model("employees", "Badge")
    last = 0
    while True:
        pks = list(B.objects.filter(pk__gt=last, kind=None).order_by("pk").values_list("pk", flat=True)[:500])
        if not pks:
            break
        B.objects.filter(pk__in=pks).update(kind="x")
        last = pks[-1]


atomic = False
operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]""",
        'AddConstraintNotValid("badge", models.CheckConstraint(condition=Q(kind__isnull=False), name="has_kind")),',
        'ValidateConstraint("badge", "has_kind"),',
        'migrations.AlterField("badge", "kind", models.CharField(max_length=9)),',
    ),
    one(
        "a-custom-op-add-index",
        "danger",
        """
class Mine(migrations.AddIndex):
    pass


operations = [Mine("badge", models.Index(fields=["label"], name="l"))]""",
    ),
    one(
        "a-custom-op-raw",
        "danger",
        """
class Wipe(migrations.operations.base.Operation):
    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute("TRUNCATE employees_badge")


operations = [Wipe()]""",
    ),
    one(
        "a-enum-choices-default",
        "danger",
        """
class Kind(models.TextChoices):
    A = "a", "A"


operations = [migrations.AddField("badge", "kind", models.CharField(max_length=9, choices=Kind.choices, default=Kind.A))]""",
    ),
    one(
        "a-db-default-plus-default",
        "safe",
        'migrations.AddField("badge", "kind", models.CharField(max_length=9, default="a", db_default="a")),',
    ),
    one(
        "a-array-default",
        "danger",
        'migrations.AddField("badge", "tags", ArrayField(models.TextField(), default=list)),',
    ),
    one(
        "a-meta-db-table-unchanged-rename", "danger", 'migrations.RenameModel("Skill", "Ability"),'
    ),
    one("a-alter-order-remove", "safe", 'migrations.AlterOrderWithRespectTo("badge", None),'),
    one(
        "a-index-together",
        "danger",
        'migrations.AlterIndexTogether("badge", {("label", "employee")}),',
    ),
    one("a-unique-removed", "safe", 'migrations.AlterUniqueTogether("badge", set()),'),
    one(
        "a-validate-in-same-migration-nonatomic",
        "safe",
        """
atomic = False
operations = [migrations.RunSQL(["ALTER TABLE employees_badge ADD CONSTRAINT c CHECK (label <> '') NOT VALID", "ALTER TABLE employees_badge VALIDATE CONSTRAINT c"], migrations.RunSQL.noop)]""",
    ),
    one(
        "a-drop-not-null-then-state",
        "safe",
        'migrations.AlterField("employee", "salary", models.IntegerField(null=True)),',
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("employee", "salary")]),',
    ),
    one(
        "a-remove-index-and-field",
        "danger",
        'migrations.RemoveIndex("employee", "employee_salary"),\nmigrations.RemoveField("employee", "bonus"),',
    ),
    one(
        "a-alter-pk-bigauto-same",
        "safe",
        'migrations.AlterField("badge", "id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="key")),',
    ),
    python(
        "a-setattr-bulk",
        "danger",
        'Employee.objects.bulk_update([e for e in Employee.objects.all()], ["notes"])',
    ),
    python(
        "a-select-related-save",
        "danger",
        'qs = Employee.objects.select_related("department").filter(department__isnull=False)\nfor e in qs:\n    e.notes = e.department.name\n    e.save(update_fields=["notes"])',
    ),
    python("a-exclude-delete", "danger", "Employee.objects.exclude(hired=None).delete()"),
    sql(
        "a-alter-two-in-one",
        "danger",
        "ALTER TABLE employees_badge ALTER COLUMN label TYPE text, ALTER COLUMN label SET NOT NULL, ADD COLUMN z int DEFAULT 1, DROP COLUMN label",
    ),
    sql(
        "a-create-index-only-if",
        "danger",
        "CREATE INDEX IF NOT EXISTS z ON employees_employee USING gin (notes gin_trgm_ops)",
    ),
    sql(
        "a-merge",
        "warning",
        "MERGE INTO employees_badge b USING employees_employee e ON b.employee_id = e.id WHEN MATCHED THEN UPDATE SET label = e.surname",
    ),
    sql("a-temp-table", "safe", "CREATE TEMPORARY TABLE t AS SELECT 1 AS a; DROP TABLE t"),
    sql("a-drop-if-exists-unknown", "danger", "DROP TABLE IF EXISTS legacy_thing"),
    sql(
        "a-insert-conflict",
        "safe",
        "INSERT INTO employees_department (name, code) VALUES ('a', 'b') ON CONFLICT (code) DO NOTHING",
    ),
)
