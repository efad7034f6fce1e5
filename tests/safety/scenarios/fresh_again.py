"""A second set of deploys from what Django projects' histories hold, labelled before check saw any of them."""

from __future__ import annotations

from tests.safety.scenarios import Scenario, one
from tests.safety.scenarios.known import python, sql

LARGE = (("employees_employee", 4_000_000), ("employees_badge", 6_000_000))
SMALL = (("employees_department", 40), ("employees_skill", 60))

HARMFUL: tuple[Scenario, ...] = (
    one(
        "g-public-id",
        "danger",
        'migrations.AddField(model_name="department", name="public_id", field=models.UUIDField(default=uuid.uuid4, editable=False)),',
        rows=SMALL,
    ),
    one(
        "g-preferences",
        "danger",
        'migrations.AddField("employee", "preferences", models.JSONField(blank=True, default=dict)),',
        rows=LARGE,
    ),
    one(
        "g-languages",
        "danger",
        'migrations.AddField("employee", "languages", ArrayField(models.CharField(max_length=5), default=list, size=None)),',
    ),
    one(
        "g-one-to-one-replaced",
        "danger",
        'migrations.AddField("badge", "replaces", models.OneToOneField("employees.badge", models.SET_NULL, blank=True, null=True)),',
        rows=LARGE,
    ),
    one(
        "g-username",
        "danger",
        'migrations.AddField("employee", "username", models.CharField(max_length=40, null=True, unique=True)),',
        rows=LARGE,
    ),
    one(
        "g-badge-site",
        "danger",
        'migrations.AddField("badge", "site", models.ForeignKey(default=1, on_delete=django.db.models.deletion.CASCADE, to="employees.department"), preserve_default=False),',
    ),
    one(
        "g-full-name-generated",
        "danger",
        'migrations.AddField("employee", "surname_lower", models.GeneratedField(db_persist=True, expression=Lower("surname"), output_field=models.CharField(max_length=100))),',
        rows=LARGE,
    ),
    one(
        "g-badge-in-order",
        "danger",
        'migrations.AlterOrderWithRespectTo(name="badge", order_with_respect_to="employee"),',
        rows=LARGE,
    ),
    one(
        "g-bonus-finer",
        "danger",
        'migrations.AlterField("employee", "bonus", models.DecimalField(decimal_places=3, max_digits=8, null=True)),',
        rows=LARGE,
    ),
    one(
        "g-salary-never-negative",
        "danger",
        'migrations.AlterField("employee", "salary", models.PositiveIntegerField()),',
        rows=LARGE,
    ),
    one(
        "g-hired-with-time",
        "danger",
        'migrations.AlterField("employee", "hired", models.DateTimeField(blank=True, null=True)),',
        rows=LARGE,
    ),
    one(
        "g-notes-elsewhere",
        "danger",
        'migrations.AlterField("employee", "notes", models.TextField(blank=True, db_column="remarks", default="")),',
    ),
    one(
        "g-nickname-empty-not-null",
        "danger",
        'migrations.AlterField("employee", "nickname", models.CharField(blank=True, default="", max_length=50), preserve_default=False),',
        rows=LARGE,
    ),
    one(
        "g-surname-sorted-plainly",
        "danger",
        'migrations.AlterField("employee", "surname", models.CharField(db_collation="C", max_length=100)),',
        rows=LARGE,
    ),
    one(
        "g-hired-indexed",
        "danger",
        'migrations.AlterField("employee", "hired", models.DateField(db_index=True, null=True)),',
        rows=LARGE,
    ),
    one(
        "g-index-together",
        "danger",
        'migrations.AlterIndexTogether(name="employee", index_together={("department", "status")}),',
        rows=LARGE,
    ),
    one(
        "g-department-is-a-skill",
        "danger",
        'migrations.AlterField("employee", "department", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to="employees.skill")),',
    ),
    one(
        "g-skills-table",
        "danger",
        'migrations.AlterField("employee", "skills", models.ManyToManyField(db_table="employee_skill", to="employees.skill")),',
    ),
    one(
        "g-index-gone",
        "warning",
        'migrations.RemoveIndex(model_name="employee", name="employee_salary"),',
        rows=LARGE,
    ),
    one(
        "g-one-main-badge",
        "danger",
        'migrations.AddConstraint("badge", models.UniqueConstraint(condition=Q(label="main"), fields=["employee"], name="one_main_badge")),',
        rows=LARGE,
    ),
    one(
        "g-badge-deleted-as-detected",
        "danger",
        """migrations.RemoveField(model_name="badge", name="employee"),
migrations.DeleteModel(name="Badge"),""",
    ),
    python(
        "g-python-labels",
        "danger",
        'Badge = apps.get_model("employees", "Badge")\nfor badge in Badge.objects.select_related("employee").iterator():\n    badge.label = f"{badge.employee.number}-{badge.pk}"[:20]\n    badge.save(update_fields=["label"])',
    ),
    python(
        "g-python-case-when",
        "danger",
        'from django.db.models import Case, When\n\nalias = schema_editor.connection.alias\nEmployee.objects.using(alias).update(status=Case(When(hired=None, then=Value("applicant")), default=F("status")))',
    ),
    python(
        "g-python-leavers",
        "danger",
        'Employee.objects.filter(status="left", hired__lt="2010-01-01").delete()',
    ),
    sql(
        "g-sql-enum-used-at-once",
        "danger",
        "ALTER TYPE employees_contract ADD VALUE 'intern'; CREATE TABLE employees_terms (id bigint PRIMARY KEY, kind employees_contract NOT NULL DEFAULT 'intern');",
    ),
    sql(
        "g-sql-not-valid-validated-at-once",
        "danger",
        "ALTER TABLE employees_employee ADD CONSTRAINT email_has_at CHECK (email LIKE '%@%') NOT VALID;\nALTER TABLE employees_employee VALIDATE CONSTRAINT email_has_at;",
    ),
    sql("g-sql-reindex", "danger", "REINDEX INDEX employee_salary"),
    sql(
        "g-sql-search-vector",
        "danger",
        "ALTER TABLE employees_employee ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('simple', surname || ' ' || coalesce(nickname, ''))) STORED",
    ),
    one(
        "g-salary-out-of-state-only",
        "danger",
        """migrations.SeparateDatabaseAndState(
    database_operations=[],
    state_operations=[migrations.RemoveConstraint("employee", "salary_sane"), migrations.RemoveIndex("employee", "employee_salary"), migrations.RemoveField("employee", "salary")],
),""",
    ),
    one(
        "g-colour-in-state-only",
        "danger",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.AddField("badge", "colour", models.CharField(max_length=9, null=True))]),',
    ),
)

SAFE: tuple[Scenario, ...] = (
    one(
        "g-last-seen",
        "safe",
        'migrations.AddField(model_name="employee", name="last_seen", field=models.DateTimeField(blank=True, editable=False, null=True)),',
        rows=LARGE,
    ),
    one(
        "g-created-by-the-database",
        "safe",
        'migrations.AddField("badge", "created", models.DateTimeField(db_default=Now(), editable=False)),',
        rows=LARGE,
    ),
    one(
        "g-salary-described",
        "safe",
        """from django.core import validators

operations = [migrations.AlterField("employee", "salary", models.IntegerField(help_text="a year, before tax", validators=[validators.MinValueValidator(0)], verbose_name="yearly salary"))]""",
        rows=LARGE,
    ),
    one(
        "g-badge-protects",
        "safe",
        'migrations.AlterField("badge", "employee", models.ForeignKey(limit_choices_to={"status": "active"}, on_delete=django.db.models.deletion.PROTECT, related_name="badges", related_query_name="badge", to="employees.employee", verbose_name="holder")),',
        rows=LARGE,
    ),
    one(
        "g-status-longer",
        "safe",
        'migrations.AlterField("employee", "status", models.CharField(choices=[("active", "Active"), ("on-parental-leave", "Away")], db_default="active", max_length=40)),',
        rows=LARGE,
    ),
    one(
        "g-nickname-any-length",
        "safe",
        'migrations.AlterField("employee", "nickname", models.TextField(blank=True, null=True)),',
        rows=LARGE,
    ),
    one(
        "g-hired-touched",
        "safe",
        'migrations.AlterField("employee", "hired", models.DateField(auto_now_add=True, null=True)),',
        rows=LARGE,
    ),
    one(
        "g-salary-optional",
        "safe",
        'migrations.AlterField("employee", "salary", models.IntegerField(blank=True, null=True)),',
        rows=LARGE,
    ),
    one(
        "g-managers",
        "safe",
        'migrations.AlterModelManagers(name="employee", managers=[("objects", models.Manager()), ("everybody", models.Manager())]),',
    ),
    one(
        "g-comments",
        "safe",
        """migrations.AlterModelTableComment("badge", "what opens the doors"),
migrations.AlterField("badge", "label", models.CharField(db_comment="as printed", max_length=20)),""",
        rows=LARGE,
    ),
    one(
        "g-leave-requests",
        "safe",
        """migrations.CreateModel(
    name="LeaveRequest",
    fields=[
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("first", models.DateField()),
        ("days", models.DecimalField(decimal_places=1, max_digits=4)),
        ("approved", models.BooleanField(default=False)),
        ("created_at", models.DateTimeField(auto_now_add=True)),
        ("employee", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="leave", to="employees.employee")),
    ],
    options={"ordering": ["-first"], "unique_together": {("employee", "first")}},
),
migrations.AddIndex("leaverequest", models.Index(fields=["approved", "first"], name="leave_approved_first")),""",
    ),
    one(
        "g-projects-and-members",
        "safe",
        """migrations.CreateModel("Project", fields=[("id", models.BigAutoField(primary_key=True)), ("title", models.CharField(max_length=80))]),
migrations.CreateModel("Task", fields=[("id", models.BigAutoField(primary_key=True)), ("done", models.BooleanField(default=False))]),
migrations.CreateModel("ProjectTask", fields=[
    ("id", models.BigAutoField(primary_key=True)),
    ("project", models.ForeignKey("employees.project", models.CASCADE)),
    ("task", models.ForeignKey("employees.task", models.CASCADE)),
    ("position", models.PositiveIntegerField(default=0)),
]),
migrations.AddField("project", "tasks", models.ManyToManyField("employees.task", through="employees.ProjectTask")),
migrations.AddConstraint("projecttask", models.UniqueConstraint(fields=["project", "position"], name="one_task_a_place")),""",
    ),
    one(
        "g-department-wants-skills",
        "safe",
        'migrations.AddField("department", "wanted", models.ManyToManyField(blank=True, related_name="wanted_by", to="employees.skill")),',
    ),
    one(
        "g-index-renamed",
        "safe",
        'migrations.RenameIndex(model_name="employee", new_name="employee_salary_idx", old_name="employee_salary"),',
        rows=LARGE,
    ),
    one(
        "g-index-gone-concurrently",
        "safe",
        'atomic = False\noperations = [RemoveIndexConcurrently("employee", "employee_salary")]',
        rows=LARGE,
    ),
    one(
        "g-small-index",
        "safe",
        'migrations.AddIndex("department", models.Index(Lower("name"), name="department_name_lower")),',
        rows=SMALL,
    ),
    one(
        "g-check-gone",
        "safe",
        'migrations.RemoveConstraint(model_name="employee", name="salary_sane"),',
        rows=LARGE,
    ),
    one(
        "g-nothing-together",
        "safe",
        """migrations.AlterUniqueTogether(name="badge", unique_together=set()),
migrations.AlterIndexTogether(name="badge", index_together=set()),
migrations.AlterModelTable(name="badge", table="employees_badge"),""",
    ),
    one(
        "g-proxy-and-unmanaged",
        "safe",
        """migrations.CreateModel("Manager", fields=[], options={"proxy": True, "indexes": [], "constraints": []}, bases=("employees.employee",)),
migrations.CreateModel("Payroll", fields=[("id", models.BigIntegerField(primary_key=True)), ("number", models.CharField(max_length=20))], options={"managed": False, "db_table": "employees_payroll"}),""",
    ),
    one(
        "g-alias-in-the-same-column",
        "safe",
        """migrations.SeparateDatabaseAndState(
    state_operations=[
        migrations.RenameField("employee", "nickname", "alias"),
        migrations.AlterField("employee", "alias", models.CharField(db_column="nickname", max_length=50, null=True)),
    ],
),""",
    ),
    one(
        "g-index-by-sql-and-state",
        "safe",
        """atomic = False
operations = [
    migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunSQL(
            sql=["CREATE INDEX CONCURRENTLY IF NOT EXISTS badge_label ON employees_badge (label)", "ANALYZE employees_badge"],
            reverse_sql="DROP INDEX CONCURRENTLY IF EXISTS badge_label",
        )],
        state_operations=[migrations.AddIndex("badge", models.Index(fields=["label"], name="badge_label"))],
    ),
]""",
        rows=LARGE,
    ),
    python(
        "g-python-headquarters",
        "safe",
        'Department = apps.get_model("employees", "Department")\nDepartment.objects.get_or_create(code="HQ", defaults={"name": "Headquarters"})',
    ),
    python(
        "g-python-key-ranges",
        "safe",
        'STEP = 2000\nlast = Employee.objects.aggregate(top=models.Max("pk"))["top"] or 0\nfor start in range(0, last + 1, STEP):\n    Employee.objects.filter(pk__gte=start, pk__lt=start + STEP, nickname=None).update(nickname=F("surname"))',
        atomic=False,
    ),
    one(
        "g-python-small-saves",
        "safe",
        """def tidy(apps, schema_editor):
    Department = apps.get_model("employees", "Department")
    for department in Department.objects.all():
        department.name = department.name.strip()
        department.save(update_fields=["name"])


operations = [migrations.RunPython(tidy, reverse_code=migrations.RunPython.noop, elidable=True)]""",
        rows=SMALL,
    ),
    python(
        "g-python-analyze",
        "safe",
        'if schema_editor.connection.vendor != "postgresql":\n    return\nschema_editor.execute("ANALYZE employees_employee")',
    ),
    one(
        "g-sql-foreign-key-in-two",
        "safe",
        'migrations.RunSQL("ALTER TABLE employees_badge ADD COLUMN office_id bigint; ALTER TABLE employees_badge ADD CONSTRAINT badge_office FOREIGN KEY (office_id) REFERENCES employees_department (id) NOT VALID", "ALTER TABLE employees_badge DROP COLUMN office_id"),',
        'migrations.RunSQL("ALTER TABLE employees_badge VALIDATE CONSTRAINT badge_office", migrations.RunSQL.noop),',
        rows=LARGE,
    ),
    sql(
        "g-sql-touch-trigger",
        "safe",
        "CREATE OR REPLACE FUNCTION badge_label_trimmed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.label := btrim(NEW.label); RETURN NEW; END $$;\nCREATE TRIGGER badge_label_trimmed BEFORE INSERT OR UPDATE ON employees_badge FOR EACH ROW EXECUTE FUNCTION badge_label_trimmed();",
    ),
    sql(
        "g-sql-types-and-grants",
        "safe",
        "CREATE TYPE employees_shift AS ENUM ('day', 'night'); ALTER TYPE employees_contract ADD VALUE IF NOT EXISTS 'freelance' AFTER 'temp'; GRANT SELECT ON employees_payroll TO PUBLIC; COMMENT ON TABLE employees_employee IS 'people';",
    ),
    sql(
        "g-sql-autovacuum",
        "safe",
        "ALTER TABLE employees_employee SET (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 90); CREATE STATISTICS IF NOT EXISTS employee_dept_status (dependencies) ON department_id, status FROM employees_employee;",
    ),
    sql(
        "g-sql-lock-timeout-then-column",
        "safe",
        "SET LOCAL lock_timeout = '2s'; ALTER TABLE employees_employee ADD COLUMN IF NOT EXISTS legacy_ref varchar(64); CREATE MATERIALIZED VIEW employees_headcount AS SELECT department_id, count(*) AS n FROM employees_badge b JOIN employees_employee e ON e.id = b.employee_id GROUP BY 1 WITH NO DATA;",
    ),
)

FRESH_AGAIN: tuple[Scenario, ...] = (*HARMFUL, *SAFE)
