"""An index on a large table, built while payslips go on being written."""

from django.db import migrations, models

BUILD = """
    CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_payslip_emp_period
    ON payroll_payslip (employee_id, pay_period_id)
"""
DROP = "DROP INDEX CONCURRENTLY IF EXISTS idx_payslip_emp_period"


class Migration(migrations.Migration):
    # CREATE INDEX CONCURRENTLY cannot run inside a transaction.
    atomic = False
    dependencies = [("payroll", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddIndex(
                    model_name="payslip",
                    index=models.Index(
                        fields=["employee", "pay_period"], name="idx_payslip_emp_period"
                    ),
                ),
            ],
            database_operations=[migrations.RunSQL(sql=BUILD, reverse_sql=DROP)],
        ),
    ]
