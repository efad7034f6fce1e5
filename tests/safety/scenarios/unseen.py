"""Deploys of the unusual kinds, written and labelled before anybody looked at what is said of them.

At first sight: recall 34 of 37, 2 false alarms of 32. One label was corrected by measuring before: Django
sets the type again to change a comment, and PostgreSQL then reads the table for each CHECK of the column
(400,000 rows: 0.1 s, and 1 ms without a CHECK), as it does when a text gets wider. Five rules were mended.
"""

from __future__ import annotations

from tests.safety.scenarios import Scenario, one
from tests.safety.scenarios.known import python, sql

CHILD = """migrations.CreateModel("Manager", bases=("employees.employee",), fields=[
    ("employee_ptr", models.OneToOneField("employees.employee", models.CASCADE, auto_created=True, parent_link=True, primary_key=True, serialize=False)),
    ("title", models.CharField(max_length=30)),
]),"""
UNMANAGED = 'migrations.AlterModelOptions("badge", {"managed": False}),'

MODELS: tuple[Scenario, ...] = (
    one("u-child-table", "safe", CHILD),
    one(
        "u-child-nullable",
        "safe",
        CHILD,
        'migrations.AddField("manager", "level", models.IntegerField(null=True)),',
    ),
    one("u-child-column-gone", "danger", CHILD, 'migrations.RemoveField("manager", "title"),'),
    one(
        "u-parent-of-child-default",
        "danger",
        CHILD,
        'migrations.AddField("employee", "level", models.IntegerField(default=1)),',
    ),
    one("u-unmanaged", "safe", UNMANAGED),
    one(
        "u-unmanaged-required-gone",
        "danger",
        UNMANAGED,
        'migrations.RemoveField("badge", "label"),',
    ),
    one(
        "u-unmanaged-nullable-gone",
        "safe",
        'migrations.AlterModelOptions("employee", {"managed": False}),',
        'migrations.RemoveField("employee", "nickname"),',
    ),
    one(
        "u-proxy-gone",
        "safe",
        'migrations.CreateModel("Boss", fields=[], options={"proxy": True}, bases=("employees.employee",)),',
        'migrations.DeleteModel("Boss"),',
    ),
    one(
        "u-swappable-model",
        "safe",
        'migrations.CreateModel("Card", fields=[("id", models.BigAutoField(primary_key=True))], options={"swappable": "EMPLOYEES_CARD_MODEL"}),',
    ),
    one(
        "u-foreign-key-to-user",
        "danger",
        'from django.conf import settings\n\noperations = [migrations.AddField("badge", "giver", models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True))]',
    ),
    one(
        "u-through-made-explicit",
        "safe",
        """migrations.SeparateDatabaseAndState(state_operations=[
    migrations.CreateModel("EmployeeSkill", fields=[
        ("id", models.BigAutoField(primary_key=True)),
        ("employee", models.ForeignKey("employees.employee", models.CASCADE)),
        ("skill", models.ForeignKey("employees.skill", models.CASCADE)),
    ], options={"db_table": "employees_employee_skills"}),
    migrations.AlterField("employee", "skills", models.ManyToManyField("employees.skill", through="employees.EmployeeSkill")),
]),""",
    ),
    one(
        "u-many-to-many-elsewhere",
        "danger",
        'migrations.AlterField("employee", "skills", models.ManyToManyField("employees.department", related_name="+")),',
    ),
    one("u-rename-foreign-key", "danger", 'migrations.RenameField("badge", "employee", "holder"),'),
    one(
        "u-relation-said-differently",
        "safe",
        'migrations.AlterField("badge", "employee", models.ForeignKey("employees.employee", models.PROTECT, related_name="badges", related_query_name="badge", limit_choices_to={"status": "active"}, verbose_name="holder")),',
    ),
    one(
        "u-index-one-migration-later",
        "danger",
        'migrations.CreateModel("Shift", fields=[("id", models.BigAutoField(primary_key=True)), ("day", models.DateField())]),',
        'migrations.AddIndex("shift", models.Index(fields=["day"], name="shift_day")),',
    ),
    one(
        "u-all-on-a-new-table",
        "safe",
        """migrations.CreateModel("Shift", fields=[("id", models.BigAutoField(primary_key=True)), ("day", models.DateField()), ("hours", models.IntegerField())]),
migrations.AddIndex("shift", models.Index(fields=["day"], name="shift_day")),
migrations.AddConstraint("shift", models.CheckConstraint(condition=Q(hours__gt=0), name="shift_hours")),
migrations.RunSQL("CREATE UNIQUE INDEX shift_day_hours ON employees_shift (day, hours)", migrations.RunSQL.noop),
migrations.AlterField("shift", "hours", models.BigIntegerField()),""",
    ),
)
FIELDS: tuple[Scenario, ...] = (
    one(
        "u-collation-of-an-indexed-column",
        "danger",
        'migrations.AlterField("employee", "surname", models.CharField(max_length=100, db_collation="C")),',
    ),
    one(
        "u-collation-of-a-plain-column",
        "safe",
        'migrations.AlterField("employee", "nickname", models.CharField(max_length=50, null=True, db_collation="C")),',
    ),
    one(
        "u-char-to-slug",
        "danger",
        'migrations.AlterField("employee", "nickname", models.SlugField(null=True)),',
    ),
    one(
        "u-char-to-email-of-its-length",
        "safe",
        'migrations.AlterField("employee", "nickname", models.EmailField(max_length=50, null=True)),',
    ),
    one(
        "u-int-to-float",
        "danger",
        'migrations.AlterField("employee", "salary", models.FloatField()),',
    ),
    one(
        "u-date-to-time",
        "danger",
        'migrations.AlterField("employee", "hired", models.TimeField(null=True)),',
    ),
    one(
        "u-char-to-int",
        "danger",
        'migrations.AlterField("employee", "nickname", models.IntegerField(null=True)),',
    ),
    one(
        "u-foreign-key-to-number",
        "warning",
        'migrations.AlterField("employee", "department", models.BigIntegerField(null=True, db_column="department_id")),',
    ),
    one(
        "u-comment-and-editable",
        "danger",
        'migrations.AlterField("employee", "salary", models.IntegerField(editable=False, db_comment="gross, a month")),',
    ),
    one(
        "u-json-db-default",
        "safe",
        'migrations.AddField("badge", "extra", models.JSONField(db_default=Value({}, models.JSONField()))),',
    ),
    one(
        "u-default-from-a-function",
        "danger",
        'def code():\n    return "x"\n\n\noperations = [migrations.AddField("badge", "code", models.CharField(max_length=9, default=code))]',
    ),
    one(
        "u-index-moves-to-meta",
        "danger",
        """migrations.AlterField("employee", "email", models.CharField(max_length=200)),
migrations.AddIndex("employee", models.Index(fields=["email"], name="employee_email")),""",
    ),
)
CONSTRAINTS: tuple[Scenario, ...] = (
    one(
        "u-unique-counts-nulls",
        "danger",
        'migrations.AddConstraint("employee", models.UniqueConstraint(fields=["nickname"], nulls_distinct=False, name="nick")),',
    ),
    one(
        "u-unique-deferrable",
        "danger",
        'migrations.AddConstraint("employee", models.UniqueConstraint(fields=["number", "nickname"], deferrable=models.Deferrable.DEFERRED, name="late")),',
    ),
    one(
        "u-check-said-differently",
        "safe",
        'migrations.AlterConstraint("employee", "salary_sane", models.CheckConstraint(condition=Q(salary__gte=-1), name="salary_sane", violation_error_message="no")),',
    ),
    one(
        "u-gin-concurrently",
        "safe",
        'from django.contrib.postgres.search import SearchVector\n\natomic = False\noperations = [AddIndexConcurrently("employee", GinIndex(SearchVector("surname", config="english"), name="surname_words"))]',
    ),
    one(
        "u-gin",
        "danger",
        'from django.contrib.postgres.search import SearchVector\n\noperations = [migrations.AddIndex("employee", GinIndex(SearchVector("surname", config="english"), name="surname_words"))]',
    ),
    one(
        "u-brin",
        "danger",
        'from django.contrib.postgres.indexes import BrinIndex\n\noperations = [migrations.AddIndex("employee", BrinIndex(fields=["hired"], name="hired_brin"))]',
    ),
    one(
        "u-covering-concurrently",
        "safe",
        'atomic = False\noperations = [AddIndexConcurrently("employee", models.Index(fields=["hired"], include=["surname"], name="hired_with"))]',
    ),
    one(
        "u-foreign-key-in-four",
        "safe",
        'migrations.AddField("badge", "department", models.ForeignKey("employees.department", models.SET_NULL, null=True, db_index=False, db_constraint=False)),',
        'atomic = False\noperations = [AddIndexConcurrently("badge", models.Index(fields=["department"], name="badge_department"))]',
        'migrations.RunSQL("ALTER TABLE employees_badge ADD CONSTRAINT badge_department_fk FOREIGN KEY (department_id) REFERENCES employees_department (id) DEFERRABLE INITIALLY DEFERRED NOT VALID", migrations.RunSQL.noop),',
        'migrations.RunSQL("ALTER TABLE employees_badge VALIDATE CONSTRAINT badge_department_fk", migrations.RunSQL.noop),',
    ),
    one(
        "u-collation-made",
        "safe",
        'from django.contrib.postgres.operations import CreateCollation\n\noperations = [CreateCollation("plain", locale="C")]',
    ),
)
CLASSES: tuple[Scenario, ...] = (
    one(
        "u-helper-in-a-loop",
        "danger",
        'def indexes(*names):\n    return [migrations.AddIndex("employee", models.Index(fields=[each], name="by_" + each)) for each in names]\n\n\noperations = [*indexes("hired", "bonus")]',
    ),
    one(
        "u-only-where-asked",
        "danger",
        'import os\n\noperations = []\nif os.environ.get("DROP_THEM") != "no":\n    operations.append(migrations.RemoveField("employee", "nickname"))',
    ),
    one(
        "u-never",
        "safe",
        'operations = []\nif False:\n    operations.append(migrations.DeleteModel("Badge"))',
    ),
    one(
        "u-subclass",
        "danger",
        'class Indexed(migrations.AddIndex):\n    reduces_to_sql = True\n\n\noperations = [Indexed("employee", models.Index(fields=["hired"], name="hired"))]',
    ),
    one(
        "u-subclass-of-concurrent",
        "safe",
        'class Quiet(AddIndexConcurrently):\n    pass\n\n\natomic = False\noperations = [Quiet("employee", models.Index(fields=["hired"], name="hired"))]',
    ),
    one(
        "u-subclass-of-state-only",
        "safe",
        'class Forgotten(migrations.RemoveField):\n    def database_forwards(self, app_label, schema_editor, from_state, to_state):\n        pass\n\n    def database_backwards(self, app_label, schema_editor, from_state, to_state):\n        pass\n\n\noperations = [Forgotten("employee", "nickname")]',
    ),
    one(
        "u-subclass-of-state-only-required",
        "danger",
        'class Forgotten(migrations.RemoveField):\n    def database_forwards(self, app_label, schema_editor, from_state, to_state):\n        pass\n\n\noperations = [Forgotten("badge", "label")]',
    ),
    one(
        "u-patient-column",
        "safe",
        """migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
migrations.AddField("badge", "colour", models.CharField(max_length=9, null=True)),""",
    ),
)
SQL: tuple[Scenario, ...] = (
    sql(
        "u-sql-moves-rows",
        "danger",
        "CREATE TABLE employees_old (LIKE employees_badge); WITH gone AS (DELETE FROM employees_badge RETURNING *) INSERT INTO employees_old SELECT * FROM gone",
    ),
    sql(
        "u-sql-function-that-would",
        "safe",
        "CREATE FUNCTION wipe() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM employees_badge; DROP TABLE employees_badge; END $$",
    ),
    sql(
        "u-sql-do-index",
        "danger",
        "DO $$ BEGIN CREATE INDEX badge_label ON employees_badge (label); END $$",
    ),
    sql("u-sql-do-notice", "safe", "DO $$ BEGIN RAISE NOTICE 'DROP TABLE employees_badge'; END $$"),
    one(
        "u-sql-calls-what-it-made",
        "danger",
        """migrations.RunSQL("CREATE FUNCTION tidy() RETURNS void LANGUAGE sql AS $$ UPDATE employees_employee SET notes = trim(notes) $$", migrations.RunSQL.noop),
migrations.RunSQL("SELECT tidy()", migrations.RunSQL.noop),""",
    ),
    sql("u-sql-select", "safe", "SELECT count(*) FROM employees_skill"),
    sql(
        "u-sql-identity",
        "danger",
        "ALTER TABLE employees_badge ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY",
    ),
    sql("u-sql-domain", "safe", "CREATE DOMAIN employees_code AS text CHECK (VALUE <> '')"),
    sql("u-sql-sequence", "safe", "CREATE SEQUENCE employees_numbers START 100 CACHE 20"),
    sql("u-sql-revoke", "safe", "REVOKE ALL ON employees_badge FROM PUBLIC"),
    sql(
        "u-sql-enum-column",
        "danger",
        "ALTER TABLE employees_employee ALTER COLUMN nickname TYPE employees_contract USING nickname::employees_contract",
    ),
    one(
        "u-sql-enum-used-at-once",
        "danger",
        """migrations.RunSQL("ALTER TYPE employees_contract ADD VALUE 'daily'", migrations.RunSQL.noop),
migrations.RunSQL("SELECT 'daily'::employees_contract", migrations.RunSQL.noop),""",
    ),
    one(
        "u-sql-put-together",
        "danger",
        'TABLE = "employees_" + "badge"\n\noperations = [migrations.RunSQL("\\n".join(["ALTER TABLE %s" % TABLE, "DROP COLUMN label"]), migrations.RunSQL.noop)]',
    ),
    one(
        "u-sql-table-and-state",
        "safe",
        """migrations.SeparateDatabaseAndState(
    database_operations=[migrations.RunSQL("CREATE TABLE employees_site (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text NOT NULL)", "DROP TABLE employees_site")],
    state_operations=[migrations.CreateModel("Site", fields=[("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())])],
),""",
    ),
)
PYTHON: tuple[Scenario, ...] = (
    python(
        "u-python-query-kept",
        "danger",
        'found = Employee.objects.filter(salary__gte=-1)\nif found.exists():\n    found.update(notes="x")',
    ),
    python(
        "u-python-windows",
        "safe",
        'last = 0\nwhile True:\n    keys = list(Employee.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:500])\n    if not keys:\n        break\n    Employee.objects.filter(pk__in=keys).update(notes="x")\n    last = keys[-1]',
        atomic=False,
    ),
    python(
        "u-python-editor-column",
        "safe",
        'schema_editor.execute("ALTER TABLE employees_badge ADD COLUMN colour text")',
    ),
    python(
        "u-python-editor-drop",
        "danger",
        'schema_editor.execute("ALTER TABLE employees_badge DROP COLUMN label")',
    ),
    python(
        "u-python-editor-removes",
        "danger",
        'schema_editor.remove_field(Employee, Employee._meta.get_field("nickname"))',
    ),
    python(
        "u-python-other-vendor",
        "safe",
        'if schema_editor.connection.vendor == "postgresql":\n    return\nEmployee.objects.update(notes="x")',
    ),
    python(
        "u-python-this-vendor",
        "danger",
        'if schema_editor.connection.vendor != "postgresql":\n    return\nEmployee.objects.update(notes="x")',
    ),
    python(
        "u-python-delete-related",
        "danger",
        'apps.get_model("employees", "Badge").objects.filter(employee__status="active").delete()',
    ),
    python(
        "u-python-few-skills",
        "safe",
        'Skill = apps.get_model("employees", "Skill")\nfor name in ("law", "care", "tax"):\n    Skill.objects.update_or_create(name=name)',
    ),
    one(
        "u-python-static-method",
        "danger",
        'class Code:\n    @staticmethod\n    def forwards(apps, schema_editor):\n        apps.get_model("employees", "Employee").objects.update(notes="x")\n\n\noperations = [migrations.RunPython(Code.forwards, migrations.RunPython.noop)]',
    ),
)

UNSEEN: tuple[Scenario, ...] = (*MODELS, *FIELDS, *CONSTRAINTS, *CLASSES, *SQL, *PYTHON)
