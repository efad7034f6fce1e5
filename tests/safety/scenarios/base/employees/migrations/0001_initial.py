"""Tables with rows in them: what every scenario starts from."""

import django.db.models.deletion
from django.db import migrations, models

KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Department",
            fields=[
                ("id", KEY),
                ("name", models.CharField(max_length=100)),
                ("code", models.CharField(max_length=20, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="Skill",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
            ],
        ),
        migrations.CreateModel(
            name="Employee",
            fields=[
                ("id", KEY),
                ("surname", models.CharField(max_length=100)),
                ("nickname", models.CharField(max_length=50, null=True)),
                ("email", models.CharField(max_length=200, db_index=True)),
                ("number", models.CharField(max_length=20, unique=True)),
                ("salary", models.IntegerField()),
                ("bonus", models.DecimalField(max_digits=8, decimal_places=2, null=True)),
                ("hired", models.DateField(null=True)),
                ("notes", models.TextField(blank=True, default="")),
                ("status", models.CharField(max_length=20, db_default="active")),
                (
                    "department",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="employees.department",
                    ),
                ),
                ("skills", models.ManyToManyField(to="employees.skill")),
            ],
            options={
                "indexes": [models.Index(fields=["salary"], name="employee_salary")],
            },
        ),
        migrations.AddConstraint(
            "employee",
            models.CheckConstraint(condition=models.Q(salary__gte=-1), name="salary_sane"),
        ),
        migrations.AddConstraint(
            "employee",
            models.UniqueConstraint(fields=["surname", "number"], name="surname_number"),
        ),
        migrations.CreateModel(
            name="Badge",
            fields=[
                ("id", KEY),
                ("label", models.CharField(max_length=20)),
                (
                    "employee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="employees.employee"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            "CREATE TYPE employees_contract AS ENUM ('temp', 'fixed')",
            "DROP TYPE employees_contract",
        ),
        migrations.RunSQL(
            "CREATE VIEW employees_payroll AS SELECT id, number FROM employees_employee",
            "DROP VIEW employees_payroll",
        ),
    ]
