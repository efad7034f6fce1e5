"""Issuing a payslip: itself and its lines, in one transaction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core import rows
from django.db import models

from payroll.models import PayslipLine


def issue(model: type[models.Model], values: dict[str, Any]) -> tuple[models.Model, bool]:
    """The payslip of this request id with a line for each `{component: amount}` in `lines`."""
    slip, is_new = rows.make(model, values)
    if is_new:
        for component, amount in values["lines"].items():
            PayslipLine.objects.create(payslip=slip, component=component, amount=Decimal(amount))
    return slip, is_new
