"""Backfills of this app: one word for word from the guide, and one that leaves the work to others."""

from core.management.commands.backfill_data import Backfill, backfill_registry
from django.db.models import Value


@backfill_registry.register(
    "compute_employee_tenure",
    description="Calculate tenure_years from hire_date for all employees"
)
def compute_tenure(dry_run=False):
    from employees.models import Employee
    from django.utils import timezone
    from datetime import date

    qs = Employee.objects.filter(tenure_years__isnull=True, hire_date__isnull=False)
    count = qs.count()

    if not dry_run:
        today = date.today()
        batch_size = 1000
        processed = 0

        for emp in qs.iterator(chunk_size=batch_size):
            emp.tenure_years = (today - emp.hire_date).days / 365.25
            emp.save(update_fields=['tenure_years'])
            processed += 1

    return count


def _without_status():
    from employees.models import Employee

    return Employee.objects.filter(status__isnull=True)


backfill_registry.declare(
    Backfill(
        name="set_employee_status",
        description="Employees without a status become ACTIVE",
        queryset=_without_status,
        updates=lambda: {"status": Value("ACTIVE")},
    )
)
