"""The people of the HRMS."""

from __future__ import annotations

from datetime import date

from django.db import models


class Employee(models.Model):
    """One person's record of employment."""

    request_id = models.CharField(max_length=64, unique=True, null=True)
    staff_number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    hire_date = models.DateField()
    status = models.CharField(max_length=20, null=True)
    tenure_years = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    WRITABLE = {"staff_number": str, "name": str, "hire_date": date.fromisoformat}

    def public_facts(self) -> dict[str, object]:
        """What the API answers beside the keys."""
        return {"staff_number": self.staff_number, "hire_date": self.hire_date}

    def whole(self) -> list[models.Model]:
        """The rows that are made together with this one, itself the first."""
        return [self]
