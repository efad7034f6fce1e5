"""The scenarios that the rules were written with. Each label was measured: see `measuring.py`."""

from __future__ import annotations

from tests.safety.scenarios import Scenario, one

FIELDS: tuple[Scenario, ...] = (
    one(
        "add-nullable",
        "safe",
        'migrations.AddField("employee", "grade", models.IntegerField(null=True)),',
    ),
    one(
        "add-nullable-with-python-default",
        "safe",
        'migrations.AddField("employee", "grade", models.IntegerField(null=True, default=3)),',
    ),
    one(
        "add-default-not-null",
        "danger",
        'migrations.AddField("employee", "grade", models.IntegerField(default=1)),',
    ),
    one(
        "add-boolean-default",
        "danger",
        'migrations.AddField("employee", "active", models.BooleanField(default=True)),',
    ),
    one(
        "add-one-off-default",
        "danger",
        'migrations.AddField("employee", "grade", models.IntegerField(default=1), preserve_default=False),',
    ),
    one(
        "add-blank-string",
        "danger",
        'migrations.AddField("employee", "title", models.CharField(max_length=9, blank=True)),',
    ),
    one(
        "add-auto-now-add",
        "danger",
        'migrations.AddField("employee", "made", models.DateTimeField(auto_now_add=True)),',
    ),
    one(
        "add-not-null-no-default",
        "danger",
        'migrations.AddField("employee", "grade", models.IntegerField()),',
    ),
    one(
        "add-not-null-no-default-small",
        "danger",
        'migrations.AddField("badge", "grade", models.IntegerField()),',
        rows=[("employees_badge", 20)],
    ),
    one(
        "add-not-null-default-none",
        "danger",
        'migrations.AddField("employee", "grade", models.IntegerField(default=None)),',
    ),
    one(
        "add-db-default-constant",
        "safe",
        'migrations.AddField("employee", "grade", models.IntegerField(db_default=1)),',
    ),
    one(
        "add-db-default-value",
        "safe",
        'migrations.AddField("employee", "grade", models.IntegerField(db_default=Value(1))),',
    ),
    one(
        "add-db-default-now",
        "safe",
        'migrations.AddField("employee", "made", models.DateTimeField(db_default=Now())),',
    ),
    one(
        "add-db-default-random",
        "danger",
        'migrations.AddField("employee", "token", models.UUIDField(db_default=RandomUUID())),',
    ),
    one(
        "add-db-default-random-null",
        "danger",
        'migrations.AddField("employee", "dice", models.FloatField(null=True, db_default=Random())),',
    ),
    one(
        "add-foreign-key",
        "danger",
        'migrations.AddField("employee", "boss", models.ForeignKey("employees.employee", models.SET_NULL, null=True)),',
    ),
    one(
        "add-foreign-key-no-index",
        "safe",
        'migrations.AddField("employee", "boss", models.ForeignKey("employees.employee", models.SET_NULL, null=True, db_index=False)),',
    ),
    one(
        "add-foreign-key-state-like",
        "safe",
        'migrations.AddField("employee", "boss", models.ForeignKey("employees.employee", models.DO_NOTHING, null=True, db_index=False, db_constraint=False)),',
    ),
    one(
        "add-one-to-one",
        "danger",
        'migrations.AddField("employee", "twin", models.OneToOneField("employees.employee", models.SET_NULL, null=True)),',
    ),
    one(
        "add-unique-nullable",
        "danger",
        'migrations.AddField("employee", "passport", models.CharField(max_length=20, null=True, unique=True)),',
    ),
    one(
        "add-db-index-nullable",
        "danger",
        'migrations.AddField("employee", "grade", models.IntegerField(null=True, db_index=True)),',
    ),
    one(
        "add-slug-nullable",
        "danger",
        'migrations.AddField("employee", "slug", models.SlugField(null=True)),',
    ),
    one(
        "add-uuid-unique-default",
        "danger",
        'migrations.AddField("employee", "token", models.UUIDField(default=uuid.uuid4, unique=True)),',
    ),
    one(
        "add-many-to-many",
        "safe",
        'migrations.AddField("employee", "teams", models.ManyToManyField("employees.department", related_name="+")),',
    ),
    one(
        "add-generated-stored",
        "danger",
        'migrations.AddField("employee", "double", models.GeneratedField(expression=F("salary") * 2, output_field=models.IntegerField(), db_persist=True)),',
    ),
    one(
        "add-json-default-dict",
        "danger",
        'migrations.AddField("employee", "extra", models.JSONField(default=dict)),',
    ),
    one(
        "add-json-null",
        "safe",
        'migrations.AddField("employee", "extra", models.JSONField(null=True)),',
    ),
    one(
        "add-array-null",
        "safe",
        'migrations.AddField("employee", "tags", ArrayField(models.CharField(max_length=9), null=True)),',
    ),
    one("remove-field", "danger", 'migrations.RemoveField("employee", "nickname"),'),
    one("remove-foreign-key", "danger", 'migrations.RemoveField("employee", "department"),'),
    one("remove-many-to-many", "danger", 'migrations.RemoveField("employee", "skills"),'),
    one(
        "remove-field-state-only-nullable",
        "safe",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("employee", "nickname")]),',
    ),
    one(
        "remove-field-state-only-not-null",
        "danger",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("employee", "surname")]),',
    ),
    one(
        "remove-field-state-only-db-default",
        "safe",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("employee", "status")]),',
    ),
    one(
        "remove-field-made-nullable-first",
        "safe",
        """
migrations.SeparateDatabaseAndState(
    state_operations=[migrations.RemoveField("employee", "salary")],
    database_operations=[
        migrations.RunSQL("ALTER TABLE employees_employee ALTER COLUMN salary DROP NOT NULL", "SELECT 1"),
    ],
),""",
    ),
    one(
        "remove-in-two-steps",
        "danger",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("employee", "nickname")]),',
        'migrations.RunSQL("ALTER TABLE employees_employee DROP COLUMN nickname", "SELECT 1"),',
    ),
    one("rename-field", "danger", 'migrations.RenameField("employee", "surname", "family_name"),'),
    one(
        "rename-field-keeping-column",
        "safe",
        """
migrations.AlterField("employee", "surname", models.CharField(max_length=100, db_column="surname")),
migrations.RenameField("employee", "surname", "family_name"),""",
    ),
    one(
        "rename-field-state-only",
        "danger",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.RenameField("employee", "surname", "family_name")]),',
    ),
    one(
        "rename-many-to-many",
        "danger",
        'migrations.RenameField("employee", "skills", "abilities"),',
    ),
    one(
        "add-field-state-only-missing",
        "danger",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.AddField("employee", "grade", models.IntegerField(null=True))]),',
    ),
    one(
        "add-field-by-sql-and-state",
        "safe",
        """
migrations.SeparateDatabaseAndState(
    state_operations=[migrations.AddField("employee", "grade", models.IntegerField(null=True))],
    database_operations=[migrations.RunSQL("ALTER TABLE employees_employee ADD COLUMN grade integer NULL", "SELECT 1")],
),""",
    ),
    one(
        "add-default-kept-by-sql",
        "safe",
        """
migrations.AddField("employee", "grade", models.IntegerField(default=1)),
migrations.RunSQL("ALTER TABLE employees_employee ALTER COLUMN grade SET DEFAULT 1", "SELECT 1"),""",
    ),
    one(
        "add-then-not-null-at-once",
        "danger",
        """
migrations.AddField("employee", "grade", models.IntegerField(null=True)),
migrations.AlterField("employee", "grade", models.IntegerField(default=1)),""",
    ),
    one(
        "order-with-respect-to",
        "danger",
        'migrations.AlterOrderWithRespectTo("badge", "employee"),',
    ),
    one(
        "add-to-new-model",
        "safe",
        """
migrations.CreateModel("Visit", fields=[("id", models.BigAutoField(primary_key=True, serialize=False))]),
migrations.AddField("visit", "place", models.CharField(max_length=50)),
migrations.AddField("visit", "employee", models.ForeignKey("employees.employee", models.CASCADE)),
migrations.AddIndex("visit", models.Index(fields=["place"], name="visit_place")),""",
    ),
)

ALTERS: tuple[Scenario, ...] = (
    one(
        "alter-choices",
        "safe",
        'migrations.AlterField("employee", "surname", models.CharField(max_length=100, choices=[("a", "A")])),',
    ),
    one(
        "alter-help-text",
        "safe",
        'migrations.AlterField("employee", "salary", models.IntegerField(help_text="in cedis", verbose_name="pay")),',
    ),
    one(
        "alter-python-default",
        "safe",
        'migrations.AlterField("employee", "salary", models.IntegerField(default=5)),',
    ),
    one(
        "alter-validators",
        "safe",
        'migrations.AlterField("employee", "salary", models.IntegerField(validators=[])),',
    ),
    one(
        "alter-blank",
        "safe",
        'migrations.AlterField("employee", "surname", models.CharField(blank=True, max_length=100)),',
    ),
    one(
        "alter-on-delete",
        "safe",
        'migrations.AlterField("badge", "employee", models.ForeignKey("employees.employee", models.PROTECT)),',
    ),
    one(
        "alter-related-name",
        "safe",
        'migrations.AlterField("badge", "employee", models.ForeignKey("employees.employee", models.CASCADE, related_name="badges")),',
    ),
    one(
        "alter-foreign-key-null",
        "danger",
        'migrations.AlterField("badge", "employee", models.ForeignKey("employees.employee", models.CASCADE, null=True)),',
    ),
    one(
        "alter-wider-text",
        "safe",
        'migrations.AlterField("employee", "surname", models.CharField(max_length=200)),',
    ),
    one(
        "alter-to-text", "safe", 'migrations.AlterField("employee", "surname", models.TextField()),'
    ),
    one(
        "alter-indexed-to-text",
        "danger",
        'migrations.AlterField("employee", "email", models.TextField(db_index=True)),',
    ),
    one(
        "alter-indexed-wider",
        "safe",
        'migrations.AlterField("employee", "email", models.CharField(max_length=250, db_index=True)),',
    ),
    one(
        "alter-narrower-text",
        "danger",
        'migrations.AlterField("employee", "surname", models.CharField(max_length=50)),',
    ),
    one(
        "alter-text-to-char",
        "danger",
        'migrations.AlterField("employee", "notes", models.CharField(max_length=500, blank=True, default="")),',
    ),
    one(
        "alter-int-to-bigint",
        "danger",
        'migrations.AlterField("employee", "salary", models.BigIntegerField()),',
    ),
    one(
        "alter-int-to-small",
        "danger",
        'migrations.AlterField("employee", "salary", models.SmallIntegerField()),',
    ),
    one(
        "alter-int-to-text",
        "danger",
        'migrations.AlterField("employee", "salary", models.TextField()),',
    ),
    one(
        "alter-decimal-wider",
        "safe",
        'migrations.AlterField("employee", "bonus", models.DecimalField(max_digits=12, decimal_places=2, null=True)),',
    ),
    one(
        "alter-decimal-scale",
        "danger",
        'migrations.AlterField("employee", "bonus", models.DecimalField(max_digits=12, decimal_places=4, null=True)),',
    ),
    one(
        "alter-date-to-datetime",
        "danger",
        'migrations.AlterField("employee", "hired", models.DateTimeField(null=True)),',
    ),
    one(
        "alter-key-to-bigauto",
        "danger",
        'migrations.AlterField("skill", "id", models.BigAutoField(primary_key=True, serialize=False)),',
    ),
    one(
        "alter-to-not-null",
        "danger",
        'migrations.AlterField("employee", "nickname", models.CharField(max_length=50)),',
    ),
    one(
        "alter-to-not-null-default",
        "danger",
        'migrations.AlterField("employee", "nickname", models.CharField(max_length=50, default="")),',
    ),
    one(
        "alter-to-null",
        "safe",
        'migrations.AlterField("employee", "surname", models.CharField(max_length=100, null=True)),',
    ),
    one(
        "alter-to-positive",
        "danger",
        'migrations.AlterField("employee", "salary", models.PositiveIntegerField()),',
    ),
    one(
        "alter-to-unique",
        "danger",
        'migrations.AlterField("employee", "surname", models.CharField(max_length=100, unique=True)),',
    ),
    one(
        "alter-to-indexed",
        "danger",
        'migrations.AlterField("employee", "surname", models.CharField(max_length=100, db_index=True)),',
    ),
    one(
        "alter-index-away",
        "warning",
        'migrations.AlterField("employee", "email", models.CharField(max_length=200)),',
    ),
    one(
        "alter-db-column",
        "danger",
        'migrations.AlterField("employee", "surname", models.CharField(max_length=100, db_column="family_name")),',
    ),
    one(
        "alter-db-default-added",
        "safe",
        'migrations.AlterField("employee", "salary", models.IntegerField(db_default=0)),',
    ),
    one(
        "alter-db-default-dropped",
        "danger",
        'migrations.AlterField("employee", "status", models.CharField(max_length=20, default="active")),',
    ),
    one(
        "alter-to-foreign-key",
        "danger",
        """
migrations.AddField("employee", "boss_number", models.BigIntegerField(null=True)),
migrations.AlterField("employee", "boss_number", models.ForeignKey("employees.employee", models.SET_NULL, null=True, db_column="boss_number", db_index=True)),""",
    ),
    one(
        "alter-many-to-many-related-name",
        "safe",
        'migrations.AlterField("employee", "skills", models.ManyToManyField("employees.skill", related_name="people")),',
    ),
    one(
        "alter-to-many-to-many",
        "danger",
        'migrations.AlterField("employee", "department", models.ManyToManyField("employees.department")),',
    ),
    one(
        "alter-comment",
        "safe",
        'migrations.AlterField("employee", "salary", models.IntegerField(db_comment="in cedis")),',
    ),
    one(
        "alter-email-subclass",
        "safe",
        'migrations.AlterField("employee", "surname", models.EmailField(max_length=100)),',
    ),
    one(
        "alter-options",
        "safe",
        'migrations.AlterModelOptions("employee", {"ordering": ["surname"], "verbose_name": "person"}),',
    ),
    one(
        "alter-managers",
        "safe",
        'migrations.AlterModelManagers("employee", [("objects", models.Manager())]),',
    ),
    one("alter-table-comment", "safe", 'migrations.AlterModelTableComment("employee", "people"),'),
    one("alter-table", "danger", 'migrations.AlterModelTable("badge", "badges"),'),
    one("alter-table-same", "safe", 'migrations.AlterModelTable("badge", "employees_badge"),'),
)

MODELS: tuple[Scenario, ...] = (
    one(
        "create-model",
        "safe",
        'migrations.CreateModel("Visit", fields=[("id", models.BigAutoField(primary_key=True, serialize=False)), ("at", models.DateTimeField(db_index=True))]),',
    ),
    one(
        "create-model-with-foreign-key",
        "safe",
        'migrations.CreateModel("Visit", fields=[("id", models.BigAutoField(primary_key=True, serialize=False)), ("employee", models.ForeignKey("employees.employee", models.CASCADE))], options={"unique_together": {("id", "employee")}}),',
    ),
    one(
        "create-proxy",
        "safe",
        'migrations.CreateModel("Boss", fields=[], options={"proxy": True}, bases=("employees.employee",)),',
    ),
    one(
        "create-unmanaged",
        "safe",
        'migrations.CreateModel("Payroll", fields=[("id", models.BigIntegerField(primary_key=True, serialize=False))], options={"managed": False, "db_table": "employees_payroll"}),',
    ),
    one("delete-model", "danger", 'migrations.DeleteModel("Badge"),'),
    one(
        "delete-model-state-only",
        "safe",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Badge")]),',
    ),
    one("rename-model", "danger", 'migrations.RenameModel("Badge", "Pass"),'),
    one(
        "rename-model-keeping-table",
        "safe",
        """
migrations.AlterModelTable("badge", "employees_badge"),
migrations.RenameModel("Badge", "Pass"),""",
    ),
    one(
        "rename-model-state-only",
        "danger",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.RenameModel("Badge", "Pass")]),',
    ),
    one(
        "move-model-state-only",
        "safe",
        """
migrations.SeparateDatabaseAndState(
    state_operations=[
        migrations.DeleteModel("Badge"),
        migrations.CreateModel("Pass", fields=[("id", models.BigAutoField(primary_key=True, serialize=False)), ("label", models.CharField(max_length=20)), ("employee", models.ForeignKey("employees.employee", models.CASCADE))], options={"db_table": "employees_badge"}),
    ],
),""",
    ),
    one(
        "extension",
        "safe",
        'migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS plpgsql", "SELECT 1"),',
    ),
)

INDEXES: tuple[Scenario, ...] = (
    one(
        "add-index",
        "danger",
        'migrations.AddIndex("employee", models.Index(fields=["surname"], name="employee_surname")),',
    ),
    one(
        "add-index-large",
        "danger",
        'migrations.AddIndex("employee", models.Index(fields=["surname"], name="employee_surname")),',
        rows=[("employees_employee", 2_000_000)],
    ),
    one(
        "add-index-small",
        "safe",
        'migrations.AddIndex("badge", models.Index(fields=["label"], name="badge_label")),',
        rows=[("employees_badge", 50)],
    ),
    one(
        "add-gin-index",
        "danger",
        """
migrations.AddField("employee", "extra", models.JSONField(null=True)),
migrations.AddIndex("employee", GinIndex(fields=["extra"], name="employee_extra")),""",
    ),
    one(
        "add-index-concurrently",
        "safe",
        """
atomic = False
operations = [AddIndexConcurrently("employee", models.Index(fields=["surname"], name="employee_surname"))]""",
    ),
    one(
        "add-index-concurrently-atomic",
        "danger",
        'AddIndexConcurrently("employee", models.Index(fields=["surname"], name="employee_surname")),',
    ),
    one(
        "add-index-guide-pattern",
        "safe",
        """
atomic = False
operations = [
    migrations.SeparateDatabaseAndState(
        state_operations=[migrations.AddIndex("employee", models.Index(fields=["surname"], name="employee_surname"))],
        database_operations=[migrations.RunSQL(
            sql="CREATE INDEX CONCURRENTLY IF NOT EXISTS employee_surname "
                "ON employees_employee (surname);",
            reverse_sql="DROP INDEX CONCURRENTLY IF EXISTS employee_surname;",
        )],
    ),
]""",
    ),
    one(
        "add-index-not-atomic",
        "danger",
        """
atomic = False
operations = [migrations.AddIndex("employee", models.Index(fields=["surname"], name="employee_surname"))]""",
    ),
    one("remove-index", "warning", 'migrations.RemoveIndex("employee", "employee_salary"),'),
    one(
        "remove-index-concurrently",
        "safe",
        """
atomic = False
operations = [RemoveIndexConcurrently("employee", "employee_salary")]""",
    ),
    one(
        "remove-index-concurrently-atomic",
        "danger",
        'RemoveIndexConcurrently("employee", "employee_salary"),',
    ),
    one(
        "rename-index",
        "safe",
        'migrations.RenameIndex("employee", new_name="employee_pay", old_name="employee_salary"),',
    ),
    one(
        "add-index-state-only",
        "safe",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.AddIndex("employee", models.Index(fields=["surname"], name="employee_surname"))]),',
    ),
    one(
        "unique-together",
        "danger",
        'migrations.AlterUniqueTogether("badge", {("label", "employee")}),',
    ),
    one("unique-together-empty", "safe", 'migrations.AlterUniqueTogether("badge", set()),'),
    one(
        "add-unique-constraint",
        "danger",
        'migrations.AddConstraint("employee", models.UniqueConstraint(fields=["email"], name="email_once")),',
    ),
    one(
        "add-unique-conditional",
        "danger",
        'migrations.AddConstraint("employee", models.UniqueConstraint(fields=["email"], condition=Q(salary__gt=0), name="email_once")),',
    ),
    one(
        "add-unique-expression",
        "danger",
        'migrations.AddConstraint("employee", models.UniqueConstraint(Lower("email"), name="email_once")),',
    ),
    one(
        "add-check",
        "danger",
        'migrations.AddConstraint("employee", models.CheckConstraint(condition=Q(salary__gte=0), name="pay")),',
    ),
    one(
        "add-check-not-valid",
        "safe",
        'AddConstraintNotValid("employee", models.CheckConstraint(condition=Q(salary__gte=0), name="pay")),',
    ),
    one(
        "validate-apart",
        "safe",
        'AddConstraintNotValid("employee", models.CheckConstraint(condition=Q(salary__gte=0), name="pay")),',
        'ValidateConstraint("employee", "pay"),',
    ),
    one(
        "validate-at-once",
        "danger",
        """
AddConstraintNotValid("employee", models.CheckConstraint(condition=Q(salary__gte=0), name="pay")),
ValidateConstraint("employee", "pay"),""",
    ),
    one("remove-check", "safe", 'migrations.RemoveConstraint("employee", "salary_sane"),'),
    one(
        "unique-by-index",
        "safe",
        """
atomic = False
operations = [migrations.RunSQL("CREATE UNIQUE INDEX CONCURRENTLY email_once ON employees_employee (email)", "SELECT 1")]""",
        """
migrations.SeparateDatabaseAndState(
    state_operations=[migrations.AddConstraint("employee", models.UniqueConstraint(fields=["email"], name="email_once"))],
    database_operations=[migrations.RunSQL("ALTER TABLE employees_employee ADD CONSTRAINT email_once UNIQUE USING INDEX email_once", "SELECT 1")],
),""",
    ),
    one(
        "not-null-by-check",
        "safe",
        'migrations.RunSQL("ALTER TABLE employees_employee ADD CONSTRAINT has_bonus CHECK (bonus IS NOT NULL) NOT VALID", "SELECT 1"),',
        'migrations.RunSQL("ALTER TABLE employees_employee VALIDATE CONSTRAINT has_bonus", "SELECT 1"),',
        """
migrations.SeparateDatabaseAndState(
    state_operations=[migrations.AlterField("employee", "bonus", models.DecimalField(max_digits=8, decimal_places=2))],
    database_operations=[migrations.RunSQL("ALTER TABLE employees_employee ALTER COLUMN bonus SET NOT NULL", "SELECT 1")],
),""",
    ),
    one(
        "foreign-key-not-valid",
        "safe",
        'migrations.RunSQL("ALTER TABLE employees_employee ADD CONSTRAINT boss FOREIGN KEY (department_id) REFERENCES employees_department (id) NOT VALID", "SELECT 1"),',
        'migrations.RunSQL("ALTER TABLE employees_employee VALIDATE CONSTRAINT boss", "SELECT 1"),',
    ),
)


def sql(name: str, label: str, text: str, *, atomic: bool = True) -> Scenario:
    """A scenario of one string of SQL."""
    head = "" if atomic else "atomic = False\n"
    body = f"{head}operations = [migrations.RunSQL({text!r}, migrations.RunSQL.noop)]"
    return one(name, label, body)  # type: ignore[arg-type]


SQL: tuple[Scenario, ...] = (
    sql(
        "sql-create-index",
        "danger",
        "CREATE INDEX employee_surname ON employees_employee (surname)",
    ),
    sql(
        "sql-create-index-concurrently",
        "safe",
        "CREATE INDEX CONCURRENTLY employee_surname ON employees_employee (surname)",
        atomic=False,
    ),
    sql(
        "sql-create-index-concurrently-atomic",
        "danger",
        "CREATE INDEX CONCURRENTLY employee_surname ON employees_employee (surname)",
    ),
    sql(
        "sql-concurrently-in-one-string",
        "danger",
        "SET lock_timeout = '2s'; CREATE INDEX CONCURRENTLY employee_surname ON employees_employee (surname)",
        atomic=False,
    ),
    sql(
        "sql-words-in-comment",
        "safe",
        "-- DROP TABLE employees_employee;\nCOMMENT ON TABLE employees_employee IS 'TRUNCATE; CREATE INDEX x ON y (z)'",
    ),
    sql(
        "sql-words-in-literal",
        "safe",
        "INSERT INTO employees_skill (name) VALUES ('DROP TABLE employees_employee')",
    ),
    sql("sql-drop-table", "danger", "DROP TABLE IF EXISTS employees_badge CASCADE"),
    sql("sql-truncate", "danger", "TRUNCATE employees_badge"),
    sql("sql-second-statement-drops", "danger", "SELECT 1; DROP TABLE employees_badge"),
    sql("sql-lower-case-drop", "danger", "drop   table\n employees_badge"),
    sql("sql-drop-column", "danger", "ALTER TABLE employees_employee DROP COLUMN nickname"),
    sql(
        "sql-rename-column",
        "danger",
        "ALTER TABLE employees_employee RENAME COLUMN nickname TO nick",
    ),
    sql("sql-rename-table", "danger", "ALTER TABLE employees_badge RENAME TO badges"),
    sql("sql-add-column-null", "safe", "ALTER TABLE employees_employee ADD COLUMN grade integer"),
    sql(
        "sql-add-column-default",
        "safe",
        "ALTER TABLE employees_employee ADD COLUMN grade integer NOT NULL DEFAULT 1",
    ),
    sql(
        "sql-add-column-not-null",
        "danger",
        "ALTER TABLE employees_employee ADD COLUMN grade integer NOT NULL",
    ),
    sql(
        "sql-add-column-volatile",
        "danger",
        "ALTER TABLE employees_employee ADD COLUMN token uuid DEFAULT gen_random_uuid()",
    ),
    sql(
        "sql-add-column-now",
        "safe",
        "ALTER TABLE employees_employee ADD COLUMN made timestamptz NOT NULL DEFAULT now()",
    ),
    sql("sql-add-serial", "danger", "ALTER TABLE employees_employee ADD COLUMN counter serial"),
    sql(
        "sql-set-not-null",
        "danger",
        "ALTER TABLE employees_employee ALTER COLUMN hired SET NOT NULL",
    ),
    sql(
        "sql-alter-type", "danger", "ALTER TABLE employees_employee ALTER COLUMN salary TYPE bigint"
    ),
    sql(
        "sql-alter-type-wider",
        "safe",
        "ALTER TABLE employees_employee ALTER COLUMN surname TYPE varchar(300)",
    ),
    sql(
        "sql-add-check",
        "danger",
        "ALTER TABLE employees_employee ADD CONSTRAINT pay CHECK (salary >= 0)",
    ),
    sql(
        "sql-add-check-not-valid",
        "safe",
        "ALTER TABLE employees_employee ADD CONSTRAINT pay CHECK (salary >= 0) NOT VALID",
    ),
    sql(
        "sql-add-and-validate",
        "danger",
        "ALTER TABLE employees_employee ADD CONSTRAINT pay CHECK (salary >= 0) NOT VALID; ALTER TABLE employees_employee VALIDATE CONSTRAINT pay",
    ),
    sql(
        "sql-add-foreign-key",
        "danger",
        "ALTER TABLE employees_employee ADD CONSTRAINT dep FOREIGN KEY (department_id) REFERENCES employees_department (id)",
    ),
    sql(
        "sql-add-unique",
        "danger",
        "ALTER TABLE employees_employee ADD CONSTRAINT email_once UNIQUE (email)",
    ),
    sql(
        "sql-exclude",
        "danger",
        "ALTER TABLE employees_employee ADD CONSTRAINT ex EXCLUDE USING btree (number WITH =)",
    ),
    sql("sql-drop-index", "warning", "DROP INDEX employee_salary"),
    sql(
        "sql-drop-index-concurrently",
        "safe",
        "DROP INDEX CONCURRENTLY employee_salary",
        atomic=False,
    ),
    sql("sql-update-all", "danger", "UPDATE employees_employee SET salary = salary + 1"),
    sql(
        "sql-update-some", "warning", "UPDATE employees_employee SET salary = 0 WHERE hired IS NULL"
    ),
    sql("sql-update-one", "safe", "UPDATE employees_department SET name = 'HR' WHERE code = 'd1'"),
    sql("sql-delete-all", "danger", "DELETE FROM employees_badge"),
    sql("sql-delete-some", "danger", "DELETE FROM employees_badge WHERE label = 'b1'"),
    sql(
        "sql-insert-few",
        "safe",
        "INSERT INTO employees_skill (name) VALUES ('welding'), ('payroll')",
    ),
    sql("sql-vacuum-full", "danger", "VACUUM FULL employees_employee", atomic=False),
    sql("sql-vacuum", "safe", "VACUUM employees_employee", atomic=False),
    sql("sql-vacuum-atomic", "danger", "VACUUM employees_employee"),
    sql("sql-analyze", "safe", "ANALYZE employees_employee"),
    sql("sql-cluster", "danger", "CLUSTER employees_employee USING employee_salary"),
    sql("sql-reindex", "danger", "REINDEX TABLE employees_employee"),
    sql(
        "sql-reindex-concurrently",
        "safe",
        "REINDEX INDEX CONCURRENTLY employee_salary",
        atomic=False,
    ),
    sql("sql-lock", "warning", "LOCK TABLE employees_employee IN ACCESS EXCLUSIVE MODE"),
    sql("sql-set-timeout", "safe", "SET LOCAL lock_timeout = '2s'"),
    sql(
        "sql-set-and-add-column",
        "safe",
        "SET LOCAL lock_timeout = '2s'; ALTER TABLE employees_employee ADD COLUMN grade integer",
    ),
    sql("sql-grant", "safe", "GRANT SELECT ON employees_employee TO CURRENT_USER"),
    sql(
        "sql-create-table",
        "safe",
        "CREATE TABLE employees_audit (id bigserial PRIMARY KEY, what text NOT NULL); CREATE INDEX audit_what ON employees_audit (what)",
    ),
    sql(
        "sql-create-view",
        "safe",
        "CREATE OR REPLACE VIEW employees_v AS SELECT id FROM employees_employee",
    ),
    sql("sql-drop-view", "warning", "DROP VIEW employees_payroll"),
    sql(
        "sql-create-function",
        "safe",
        "CREATE FUNCTION employees_f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM employees_badge; RETURN NEW; END $$",
    ),
    sql("sql-enum-add", "safe", "ALTER TYPE employees_contract ADD VALUE 'intern'"),
    sql(
        "sql-enum-rename",
        "danger",
        "ALTER TYPE employees_contract RENAME VALUE 'temp' TO 'temporary'",
    ),
    sql("sql-set-logged", "danger", "ALTER TABLE employees_badge SET UNLOGGED"),
    sql("sql-storage-parameter", "safe", "ALTER TABLE employees_employee SET (fillfactor = 80)"),
    sql(
        "sql-drop-default",
        "danger",
        "ALTER TABLE employees_employee ALTER COLUMN status DROP DEFAULT",
    ),
    sql("sql-do-drops", "danger", "DO $$ BEGIN EXECUTE 'DROP TABLE employees_badge'; END $$"),
    sql(
        "sql-do-dynamic",
        "warning",
        "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'employees_badge'); END $$",
    ),
    sql(
        "sql-do-create-type",
        "safe",
        "DO $$ BEGIN CREATE TYPE employees_mood AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    ),
    sql(
        "sql-drop-schema",
        "danger",
        "CREATE SCHEMA old; DROP SCHEMA old CASCADE; DROP SCHEMA IF EXISTS archive CASCADE",
    ),
    one(
        "sql-list-of-statements",
        "danger",
        'migrations.RunSQL(["SELECT 1", "DROP TABLE employees_badge"], migrations.RunSQL.noop),',
    ),
    one(
        "sql-with-parameters",
        "warning",
        'migrations.RunSQL([("UPDATE employees_employee SET salary = %s WHERE hired < %s", [0, "2020-01-01"])], migrations.RunSQL.noop),',
    ),
    one(
        "sql-from-constant",
        "danger",
        """
TABLE = "employees_employee"
SQL = "CREATE INDEX employee_surname ON {} (surname)".format(TABLE)
operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]""",
    ),
    one(
        "sql-from-f-string",
        "danger",
        """
TABLE = "employees_badge"
operations = [migrations.RunSQL(f"TRUNCATE {TABLE}", migrations.RunSQL.noop)]""",
    ),
    one(
        "sql-in-a-loop",
        "danger",
        """
operations = [
    migrations.RunSQL(f"ALTER TABLE employees_employee DROP COLUMN {name}", migrations.RunSQL.noop)
    for name in ("nickname", "bonus")
]""",
    ),
    one(
        "sql-subclass",
        "danger",
        """
class DropBadges(migrations.RunSQL):
    def __init__(self):
        super().__init__("DROP TABLE employees_badge", migrations.RunSQL.noop)


operations = [DropBadges()]""",
    ),
    one(
        "field-subclass",
        "danger",
        """
class Money(models.DecimalField):
    def __init__(self, *args, **kwargs):
        kwargs["max_digits"] = 12
        kwargs["decimal_places"] = 2
        super().__init__(*args, **kwargs)


operations = [migrations.AddField("employee", "pay", Money(default=0))]""",
    ),
)


def python(name: str, label: str, code: str, *, atomic: bool = True, more: str = "") -> Scenario:
    """A scenario of one function."""
    head = "" if atomic else "atomic = False\n"
    lines = "\n".join(f"    {line}" for line in code.strip("\n").splitlines())
    body = (
        f"def forwards(apps, schema_editor):\n"
        f'    Employee = apps.get_model("employees", "Employee")\n{lines}\n\n\n'
        f"{head}operations = [{more}migrations.RunPython(forwards, migrations.RunPython.noop)]"
    )
    return one(name, label, body)  # type: ignore[arg-type]


PYTHON: tuple[Scenario, ...] = (
    python("python-update-all", "danger", 'Employee.objects.all().update(notes="x")'),
    python("python-update-manager", "danger", 'Employee.objects.update(notes="x")'),
    python(
        "python-update-some",
        "warning",
        'Employee.objects.filter(hired__isnull=True).update(notes="x")',
    ),
    python(
        "python-save-each",
        "danger",
        'for each in Employee.objects.all():\n    each.notes = "x"\n    each.save()',
    ),
    python(
        "python-save-each-iterator",
        "danger",
        'for each in Employee.objects.iterator():\n    each.notes = "x"\n    each.save(update_fields=["notes"])',
    ),
    python(
        "python-bulk-update-all",
        "danger",
        'people = []\nfor each in Employee.objects.all():\n    each.notes = "x"\n    people.append(each)\nEmployee.objects.bulk_update(people, ["notes"])',
    ),
    python(
        "python-delete-all", "danger", 'apps.get_model("employees", "Badge").objects.all().delete()'
    ),
    python(
        "python-delete-some",
        "danger",
        'apps.get_model("employees", "Badge").objects.filter(label="b1").delete()',
    ),
    python(
        "python-create-few",
        "safe",
        'Skill = apps.get_model("employees", "Skill")\nfor name in ("welding", "payroll"):\n    Skill.objects.get_or_create(name=name)',
    ),
    python(
        "python-bulk-create-few",
        "safe",
        'Skill = apps.get_model("employees", "Skill")\nSkill.objects.bulk_create([Skill(name=n) for n in ("a", "b")])',
    ),
    python(
        "python-update-one",
        "safe",
        'apps.get_model("employees", "Department").objects.filter(code="d1").update(name="HR")',
    ),
    python(
        "python-get-and-save",
        "safe",
        'one = apps.get_model("employees", "Department").objects.get(code="d1")\none.name = "HR"\none.save()',
    ),
    python(
        "python-batches-not-atomic",
        "safe",
        """
while True:
    batch = list(Employee.objects.exclude(notes="x").values_list("pk", flat=True)[:1000])
    if not batch:
        break
    Employee.objects.filter(pk__in=batch).update(notes="x")""",
        atomic=False,
    ),
    python(
        "python-batches-atomic",
        "warning",
        """
while True:
    batch = list(Employee.objects.exclude(notes="x").values_list("pk", flat=True)[:1000])
    if not batch:
        break
    Employee.objects.filter(pk__in=batch).update(notes="x")""",
    ),
    python("python-reads-only", "safe", "assert Employee.objects.count() >= 0"),
    python(
        "python-after-add-field",
        "danger",
        "Employee.objects.update(grade=1)",
        more='migrations.AddField("employee", "grade", models.IntegerField(null=True)), ',
    ),
    python("python-sql", "danger", 'schema_editor.execute("DROP TABLE employees_badge")'),
    python(
        "python-cursor",
        "danger",
        'with schema_editor.connection.cursor() as cursor:\n    cursor.execute("UPDATE employees_employee SET salary = salary + 1")',
    ),
    python("python-noop", "safe", "pass"),
    one(
        "python-live-model",
        "warning",
        """
def forwards(apps, schema_editor):
    from employees.models import Department

    Department.objects.get_or_create(code="x", name="X")


operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]""",
    ),
    one(
        "python-helper",
        "danger",
        """
def touch(queryset):
    for each in queryset:
        each.notes = "x"
        each.save()


def forwards(apps, schema_editor):
    touch(apps.get_model("employees", "Employee").objects.all())


operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]""",
    ),
    one(
        "insert-then-alter",
        "danger",
        """
def forwards(apps, schema_editor):
    Badge = apps.get_model("employees", "Badge")
    person = apps.get_model("employees", "Employee").objects.first()
    Badge.objects.create(label="x", employee=person)


operations = [
    migrations.RunPython(forwards, migrations.RunPython.noop),
    migrations.AddField("badge", "grade", models.IntegerField(null=True)),
]""",
    ),
    one(
        "fill-new-table",
        "safe",
        """
def forwards(apps, schema_editor):
    Kind = apps.get_model("employees", "Kind")
    Kind.objects.bulk_create([Kind(name=name) for name in ("temp", "fixed")])


operations = [
    migrations.CreateModel("Kind", fields=[("id", models.BigAutoField(primary_key=True, serialize=False)), ("name", models.CharField(max_length=20))]),
    migrations.RunPython(forwards, migrations.RunPython.noop),
]""",
    ),
)

KNOWN: tuple[Scenario, ...] = (*FIELDS, *ALTERS, *MODELS, *INDEXES, *SQL, *PYTHON)
