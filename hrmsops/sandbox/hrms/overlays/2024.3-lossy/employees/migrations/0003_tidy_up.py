"""What no reverse brings back: a column goes, amounts become zero, rows are emptied and deleted."""

from django.db import migrations

# The rates were to be computed anew for payslips to come, and the filter was forgotten.
ZERO_AMOUNTS = "UPDATE payroll_payslipline SET amount = 0 WHERE component = 'SSNIT'"
EMPTY_LEAVE = "UPDATE leave_leaverequest SET leave_type = '' WHERE leave_type = 'annual'"
DELETE_LINES = "DELETE FROM payroll_payslipline WHERE component = 'PAYE'"


class Migration(migrations.Migration):
    dependencies = [
        ("employees", "0002_employee_department_code"),
        ("leave", "0001_initial"),
        ("payroll", "0002_payslip_employee_period_index"),
    ]

    operations = [
        # First, since it takes the strongest lock: no row that it waits for is locked by then.
        migrations.RemoveField(model_name="employee", name="department_code"),
        migrations.RunSQL(ZERO_AMOUNTS),
        migrations.RunSQL(EMPTY_LEAVE),
        migrations.RunSQL(DELETE_LINES),
    ]
