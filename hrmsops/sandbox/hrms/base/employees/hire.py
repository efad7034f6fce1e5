"""Taking an employee on: once for each request id."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.writes import record_insert
from django.db import transaction

from employees.models import Employee


@transaction.atomic
def hire(values: dict[str, Any]) -> tuple[Employee, bool]:
    """The employee of this request id, and whether it was made now."""
    employee, is_new = Employee.objects.get_or_create(
        request_id=str(values["request_id"]),
        defaults={
            "staff_number": str(values["staff_number"]),
            "name": str(values["name"]),
            "hire_date": date.fromisoformat(values["hire_date"]),
        },
    )
    if is_new:
        record_insert(employee, request_id=employee.request_id)
    return employee, is_new
