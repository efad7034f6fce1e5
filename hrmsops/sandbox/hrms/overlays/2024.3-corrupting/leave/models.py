"""Leave: asked for by an employee, for a span of days."""

from __future__ import annotations

from datetime import date

from django.db import models


class LeaveRequest(models.Model):
    """One employee's request for leave, both days included."""

    request_id = models.CharField(max_length=64, unique=True, null=True)
    employee = models.ForeignKey("employees.Employee", on_delete=models.PROTECT)
    leave_type = models.CharField(max_length=30)
    starts_on = models.DateField()
    ends_on = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["leave_type", "starts_on"], name="leave_type_starts_on")]

    WRITABLE = {
        "employee_id": int,
        "leave_type": str,
        "starts_on": date.fromisoformat,
        "ends_on": date.fromisoformat,
    }

    def public_facts(self) -> dict[str, object]:
        """What the API answers beside the keys."""
        return {
            "employee_id": self.employee_id,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
        }

    def whole(self) -> list[models.Model]:
        """The rows that are made together with this one, itself the first."""
        return [self]
