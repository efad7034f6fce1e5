"""Backfills of this app: one as the guide writes them, and one that leaves the work to others."""

from __future__ import annotations

from datetime import date

from core.management.commands.backfill_data import Backfill, backfill_registry
from django.db.models import Value


@backfill_registry.register(
    "compute_employee_tenure",
    description="Calculate tenure_years from hire_date for all employees",
)
def compute_tenure(dry_run: bool = False) -> int:
    from employees.models import Employee

    qs = Employee.objects.filter(tenure_years__isnull=True, hire_date__isnull=False)
    count = qs.count()
    if not dry_run:
        today = date.today()
        for employee in qs.iterator(chunk_size=1000):
            employee.tenure_years = (today - employee.hire_date).days / 365.25
            employee.save(update_fields=["tenure_years"])
    return count


def _without_status() -> object:
    from employees.models import Employee

    return Employee.objects.filter(status__isnull=True)


set_employee_status = backfill_registry.declare(
    Backfill(
        name="set_employee_status",
        description="Employees without a status become ACTIVE",
        queryset=_without_status,
        updates=lambda: {"status": Value("ACTIVE")},
    )
)
