"""Deploys as Django teams write them, labelled before anybody looked at what is said of them.

At first sight: of the first 50 recall 25 of 25 and 1 false alarm of 25, of the 25 nasty ones 9 of 15 and 2
of 10. One label was wrong, and the false alarm right: Django makes a foreign key anew when it becomes
nullable, and every row is read for it. Still missed: a trigger whose function refuses, and a unique index
built concurrently, which fails where two rows are equal, and is what is advised all the same.
"""

from __future__ import annotations

from tests.safety.scenarios import Scenario, one
from tests.safety.scenarios.known import python, sql

HARMFUL: tuple[Scenario, ...] = (
    one(
        "f-flag-with-a-default",
        "danger",
        'migrations.AddField("employee", "is_remote", models.BooleanField("works from home", default=False)),',
    ),
    one("f-notes-gone", "danger", 'migrations.RemoveField(model_name="employee", name="notes"),'),
    one(
        "f-renamed-and-altered",
        "danger",
        """migrations.RenameField(model_name="department", old_name="code", new_name="short_code"),
migrations.AlterField("department", "short_code", models.CharField(max_length=20, unique=True, verbose_name="short code")),""",
    ),
    one(
        "f-model-renamed-with-options",
        "danger",
        """migrations.RenameModel("Badge", "AccessCard"),
migrations.AlterModelOptions("accesscard", {"verbose_name": "access card"}),""",
    ),
    one(
        "f-slug-blank",
        "danger",
        'migrations.AddField("department", "slug", models.SlugField(blank=True, default="", max_length=60), preserve_default=True),',
    ),
    one(
        "f-badge-unique-together",
        "danger",
        'migrations.AlterUniqueTogether(name="badge", unique_together={("employee", "label")}),',
    ),
    one(
        "f-code-shorter",
        "danger",
        'migrations.AlterField("department", "code", models.CharField(max_length=10, unique=True)),',
    ),
    one(
        "f-bonus-in-whole-units",
        "danger",
        'migrations.AlterField("employee", "bonus", models.IntegerField(blank=True, null=True)),',
    ),
    one(
        "f-hired-filled-then-required",
        "danger",
        """import datetime


def fill(apps, schema_editor):
    Employee = apps.get_model("employees", "Employee")
    Employee.objects.filter(hired=None).update(hired=datetime.date(2000, 1, 1))


operations = [migrations.RunPython(fill, migrations.RunPython.noop)]""",
        'migrations.AlterField("employee", "hired", models.DateField()),',
    ),
    one(
        "f-bonus-checked",
        "danger",
        'migrations.AddConstraint("employee", models.CheckConstraint(condition=Q(bonus__isnull=True) | Q(bonus__gte=0), name="bonus_not_negative")),',
    ),
    one(
        "f-index-of-two",
        "danger",
        'migrations.AddIndex(model_name="employee", index=models.Index(fields=["status", "-hired"], name="employee_status_hired")),',
    ),
    one(
        "f-email-unique",
        "danger",
        'migrations.AlterField("employee", "email", models.EmailField(max_length=200, unique=True)),',
    ),
    one(
        "f-skills-through",
        "danger",
        """migrations.RemoveField("employee", "skills"),
migrations.CreateModel("Competence", fields=[
    ("id", models.BigAutoField(primary_key=True)),
    ("level", models.PositiveSmallIntegerField(default=1)),
    ("employee", models.ForeignKey("employees.employee", models.CASCADE)),
    ("skill", models.ForeignKey("employees.skill", models.CASCADE)),
]),
migrations.AddField("employee", "skills", models.ManyToManyField("employees.skill", through="employees.Competence")),""",
    ),
    one(
        "f-skill-replaced-by-text",
        "danger",
        'migrations.AddField("employee", "skill_names", models.TextField(null=True)),',
        """migrations.RemoveField("employee", "skills"),
migrations.DeleteModel("Skill"),""",
    ),
    one(
        "f-status-indexed-with-choices",
        "danger",
        'migrations.AlterField("employee", "status", models.CharField(choices=[("active", "Active"), ("left", "Left")], db_default="active", db_index=True, max_length=20)),',
    ),
    one(
        "f-updated-at",
        "danger",
        'migrations.AddField("badge", "updated_at", models.DateTimeField(auto_now=True, default=timezone.now), preserve_default=False),',
    ),
    one(
        "f-department-required",
        "danger",
        'migrations.AlterField("employee", "department", models.ForeignKey("employees.department", on_delete=models.PROTECT, related_name="staff")),',
    ),
    one(
        "f-manager",
        "danger",
        'migrations.AddField("department", "manager", models.ForeignKey("employees.employee", models.SET_NULL, null=True, blank=True, related_name="+")),',
    ),
    python(
        "f-python-lower-all",
        "danger",
        'for person in Employee.objects.select_for_update().order_by("pk").iterator(chunk_size=500):\n    person.email = person.email.lower()\n    person.save(update_fields=["email"])',
    ),
    python(
        "f-python-raise-nested",
        "warning",
        'from django.db import transaction\n\ndef raise_pay(query, by):\n    with transaction.atomic():\n        return query.update(salary=F("salary") + by)\n\nraise_pay(Employee.objects.filter(status="active", bonus__lt=100), 5)',
    ),
    python(
        "f-python-cursor-subselect",
        "danger",
        'with schema_editor.connection.cursor() as cursor:\n    cursor.execute("DELETE FROM employees_badge b USING employees_employee e WHERE b.employee_id = e.id")',
    ),
    sql(
        "f-sql-two-actions",
        "danger",
        "ALTER TABLE employees_employee ADD COLUMN zone text NOT NULL DEFAULT 'WAT', ALTER COLUMN salary TYPE numeric(12, 2)",
    ),
    sql(
        "f-sql-only-not-null",
        "danger",
        "alter table if exists only public.employees_employee alter nickname set not null",
    ),
    sql(
        "f-sql-rule",
        "danger",
        "CREATE RULE badge_frozen AS ON INSERT TO employees_badge DO INSTEAD NOTHING",
    ),
    one(
        "f-sql-rename-with-state",
        "danger",
        """migrations.RunSQL(
    sql=[("ALTER TABLE employees_employee RENAME nickname TO alias", None)],
    reverse_sql=[("ALTER TABLE employees_employee RENAME alias TO nickname", None)],
    state_operations=[migrations.RenameField("employee", "nickname", "alias")],
),""",
    ),
)
SAFE: tuple[Scenario, ...] = (
    one(
        "f-middle-name",
        "safe",
        'migrations.AddField("employee", "middle_name", models.CharField(blank=True, max_length=80, null=True)),',
    ),
    one(
        "f-status-choices",
        "safe",
        'migrations.AlterField("employee", "status", models.CharField(choices=[("active", "Active"), ("left", "Left")], db_default="active", max_length=20)),',
    ),
    one(
        "f-ordering-and-permissions",
        "safe",
        'migrations.AlterModelOptions(name="employee", options={"ordering": ["surname", "pk"], "verbose_name_plural": "staff", "permissions": [("pay_employee", "Can pay")], "get_latest_by": "hired"}),',
    ),
    one(
        "f-badge-without-holder",
        "danger",
        'migrations.AlterField("badge", "employee", models.ForeignKey("employees.employee", models.SET_NULL, null=True, blank=True)),',
    ),
    one(
        "f-department-name-longer",
        "safe",
        'migrations.AlterField("department", "name", models.CharField(max_length=150, help_text="as on letters")),',
    ),
    one(
        "f-flag-of-the-database",
        "safe",
        'migrations.AddField("employee", "is_remote", models.BooleanField(db_default=False, default=False)),',
    ),
    one(
        "f-new-app-like-model",
        "safe",
        """migrations.CreateModel(
    name="Holiday",
    fields=[
        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
        ("day", models.DateField(db_index=True)),
        ("region", models.CharField(choices=[("N", "North"), ("S", "South")], max_length=5)),
        ("extra", models.JSONField(blank=True, default=dict)),
    ],
    options={"ordering": ["day"], "constraints": [models.UniqueConstraint(fields=("day", "region"), name="one_holiday")]},
),
migrations.AlterUniqueTogether("holiday", {("region", "day")}),""",
    ),
    one(
        "f-index-concurrently",
        "safe",
        'atomic = False\noperations = [AddIndexConcurrently(model_name="employee", index=models.Index(fields=["department", "status"], name="employee_dept_status"))]',
    ),
    one(
        "f-check-in-two",
        "safe",
        'AddConstraintNotValid("employee", models.CheckConstraint(condition=Q(salary__lt=10_000_000), name="salary_not_absurd")),',
        'ValidateConstraint("employee", name="salary_not_absurd"),',
    ),
    one(
        "f-skills-optional",
        "safe",
        'migrations.AlterField("employee", "skills", models.ManyToManyField("employees.skill", blank=True, related_name="people", verbose_name="skills")),',
    ),
    one(
        "f-loose-foreign-key",
        "safe",
        'migrations.AddField("badge", "issued_by", models.ForeignKey("employees.department", models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+")),',
    ),
    one(
        "f-notes-default",
        "safe",
        'migrations.AlterField("employee", "notes", models.TextField(blank=True, default="none yet", help_text="free text")),',
    ),
    one(
        "f-email-kind",
        "safe",
        'migrations.AlterField("employee", "email", models.EmailField(db_index=True, max_length=200, verbose_name="e-mail")),',
    ),
    one(
        "f-bonus-wider",
        "safe",
        'migrations.AlterField("employee", "bonus", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),',
    ),
    one(
        "f-photo",
        "safe",
        'migrations.AddField("employee", "photo", models.FileField(blank=True, null=True, upload_to="photos/%Y/")),',
    ),
    one(
        "f-trigram-then-index",
        "safe",
        "TrigramExtension(),",
        'atomic = False\noperations = [AddIndexConcurrently("employee", GinIndex(fields=["surname"], opclasses=["gin_trgm_ops"], name="surname_trigrams"))]',
    ),
    one(
        "f-new-model-seeded",
        "safe",
        """LEVELS = ["junior", "senior", "lead"]


def seed(apps, schema_editor):
    Level = apps.get_model("employees", "Level")
    Level.objects.bulk_create([Level(name=each, rank=n) for n, each in enumerate(LEVELS)])


operations = [
    migrations.CreateModel("Level", fields=[("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=30, unique=True)), ("rank", models.IntegerField())]),
    migrations.RunPython(seed, migrations.RunPython.noop),
]""",
    ),
    one(
        "f-elidable-nothing",
        "safe",
        "migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop, elidable=True),",
    ),
    python(
        "f-python-chunks",
        "safe",
        'from django.db import transaction\n\nwhile True:\n    with transaction.atomic():\n        ids = list(Employee.objects.filter(nickname__isnull=True).values_list("id", flat=True)[:1000])\n        done = Employee.objects.filter(id__in=ids).update(nickname="")\n    if not done:\n        break',
        atomic=False,
    ),
    one(
        "f-python-helper-not-called",
        "safe",
        """def wipe(apps, schema_editor):
    apps.get_model("employees", "Badge").objects.all().delete()


def count(apps, schema_editor):
    if apps.get_model("employees", "Badge").objects.filter(label="").exists():
        raise RuntimeError("a badge has no label")


operations = [migrations.RunPython(count, migrations.RunPython.noop)]""",
    ),
    sql(
        "f-sql-role",
        "safe",
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'f_reader') THEN CREATE ROLE f_reader; END IF; END $$; GRANT SELECT ON employees_badge TO f_reader;",
    ),
    sql(
        "f-sql-view-grows",
        "safe",
        "CREATE OR REPLACE VIEW employees_payroll AS SELECT id, number, surname FROM employees_employee",
    ),
    sql(
        "f-sql-statistics-target",
        "safe",
        "ALTER TABLE employees_employee ALTER COLUMN status SET STATISTICS 500",
    ),
    sql(
        "f-sql-index-concurrently-with-words",
        "safe",
        "-- was: DROP INDEX employee_salary; CREATE INDEX employee_bonus\n/* TRUNCATE employees_badge; */\ncreate index concurrently if not exists employee_bonus on employees_employee using btree (bonus desc nulls last) where bonus is not null;",
        atomic=False,
    ),
    one(
        "f-sql-column-and-state",
        "safe",
        """migrations.SeparateDatabaseAndState(
    database_operations=[migrations.RunSQL("ALTER TABLE employees_badge ADD COLUMN IF NOT EXISTS colour varchar(9) DEFAULT 'blue' NOT NULL", "ALTER TABLE employees_badge DROP COLUMN colour")],
    state_operations=[migrations.AddField("badge", "colour", models.CharField(default="blue", max_length=9))],
),""",
    ),
)

NASTY: tuple[Scenario, ...] = (
    one(
        "f-key-by-number",
        "danger",
        'migrations.AlterField("badge", "employee", models.ForeignKey("employees.employee", models.CASCADE, to_field="number")),',
    ),
    one(
        "f-new-column-unique",
        "danger",
        """migrations.AddField("employee", "passport", models.CharField(max_length=20, null=True)),
migrations.AddConstraint("employee", models.UniqueConstraint(fields=["passport"], name="one_passport")),""",
    ),
    one(
        "f-lists-added-up",
        "danger",
        'def drops(model, *names):\n    for name in names:\n        yield migrations.RemoveField(model, name)\n\n\noperations = [migrations.RunSQL("SELECT 1", "")] + list(drops("employee", "nickname", "bonus"))',
    ),
    sql(
        "f-sql-trigger-refuses",
        "danger",
        "CREATE FUNCTION badge_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'frozen'; END $$; CREATE TRIGGER badge_refuse BEFORE INSERT ON employees_badge FOR EACH ROW EXECUTE FUNCTION badge_refuse()",
    ),
    sql(
        "f-sql-merge",
        "danger",
        "MERGE INTO employees_employee e USING employees_department d ON d.id = e.department_id WHEN MATCHED THEN UPDATE SET notes = d.name",
    ),
    sql(
        "f-sql-key-restarts",
        "danger",
        "ALTER TABLE employees_badge ALTER COLUMN id RESTART WITH 1",
    ),
    sql(
        "f-sql-identity-gone",
        "danger",
        "ALTER TABLE employees_badge ALTER COLUMN id DROP IDENTITY",
    ),
    sql(
        "f-sql-default-null",
        "danger",
        "ALTER TABLE employees_employee ALTER COLUMN status SET DEFAULT NULL",
    ),
    sql(
        "f-sql-unique-concurrently",
        "warning",
        "CREATE UNIQUE INDEX CONCURRENTLY employee_mail ON employees_employee (lower(email))",
        atomic=False,
    ),
    python(
        "f-python-table-name",
        "danger",
        "from django.db import connections\n\nwith connections[schema_editor.connection.alias].cursor() as cursor:\n    cursor.execute(f\"UPDATE {Employee._meta.db_table} SET notes = ''\")",
    ),
    python(
        "f-python-raw-delete",
        "danger",
        'for name in ("Badge",):\n    found = apps.get_model("employees", name).objects.all()\n    found._raw_delete(found.db)',
    ),
    python(
        "f-python-delete-each",
        "danger",
        'Badge = apps.get_model("employees", "Badge")\nfor badge in Badge.objects.iterator():\n    badge.delete()',
    ),
    python(
        "f-python-clear-skills",
        "danger",
        "for person in Employee.objects.all():\n    person.skills.clear()",
    ),
    python(
        "f-python-collected",
        "danger",
        'people = []\nfor person in Employee.objects.only("pk", "notes"):\n    person.notes = person.notes.strip() + "."\n    people.append(person)\nEmployee.objects.bulk_update(people, ["notes"], batch_size=100)',
    ),
    python(
        "f-python-editor-index",
        "danger",
        'schema_editor.add_index(Employee, models.Index(fields=["hired"], name="employee_hired"))',
    ),
    one(
        "f-added-and-renamed",
        "safe",
        """migrations.AddField("badge", "color", models.CharField(max_length=9, null=True)),
migrations.RenameField("badge", "color", "colour"),""",
    ),
    one(
        "f-made-tightened-gone",
        "safe",
        """migrations.CreateModel("Draft", fields=[("id", models.BigAutoField(primary_key=True)), ("text", models.CharField(max_length=90, null=True))]),
migrations.AlterField("draft", "text", models.CharField(max_length=9)),
migrations.RenameModel("Draft", "Sketch"),
migrations.DeleteModel("Sketch"),""",
    ),
    one(
        "f-column-then-its-index",
        "safe",
        'migrations.AddField("badge", "batch", models.IntegerField(null=True)),',
        'atomic = False\noperations = [AddIndexConcurrently("badge", models.Index("batch", name="badge_batch", condition=Q(batch__isnull=False)))]',
    ),
    one(
        "f-base-manager",
        "safe",
        'migrations.AlterModelOptions("badge", {"base_manager_name": "objects", "default_related_name": "badges", "default_permissions": ("view",)}),',
    ),
    sql(
        "f-sql-comment-on-column",
        "safe",
        "COMMENT ON COLUMN employees_badge.label IS 'printed; DROP TABLE employees_badge; --'",
    ),
    sql(
        "f-sql-name-longer",
        "safe",
        "ALTER TABLE employees_department ALTER COLUMN name TYPE varchar(120), ALTER COLUMN name SET DEFAULT 'none'",
    ),
    sql(
        "f-sql-optional",
        "safe",
        "ALTER TABLE employees_badge ALTER COLUMN employee_id DROP NOT NULL",
    ),
    python(
        "f-python-seed-ignoring",
        "safe",
        'apps.get_model("employees", "Skill").objects.bulk_create([apps.get_model("employees", "Skill")(name=each) for each in ("law", "tax")], ignore_conflicts=True)',
    ),
    python(
        "f-python-introspects",
        "safe",
        'with schema_editor.connection.cursor() as cursor:\n    names = schema_editor.connection.introspection.table_names(cursor)\nif "employees_badge" not in names:\n    raise RuntimeError("the badges are not there")',
    ),
    python(
        "f-python-returns-first",
        "safe",
        'from django.conf import settings\n\nfound = (settings.USE_TZ, Employee.objects.aggregate(top=models.Max("salary")))\nreturn\nEmployee.objects.all().delete()',
    ),
)

FRESH: tuple[Scenario, ...] = (*HARMFUL, *SAFE, *NASTY)
