"""What is paid: periods, payslips with their lines, the payroll's own record, and payments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from core.rows import optional_text
from django.db import models


class PayPeriod(models.Model):
    """One month that is paid."""

    code = models.CharField(max_length=7, unique=True)
    starts_on = models.DateField()
    ends_on = models.DateField()


class PayrollRecord(models.Model):
    """What payroll computed for one employee in one period."""

    employee = models.ForeignKey("employees.Employee", on_delete=models.PROTECT)
    pay_period = models.ForeignKey(PayPeriod, on_delete=models.PROTECT)
    gross = models.DecimalField(max_digits=12, decimal_places=2)
    net = models.DecimalField(max_digits=12, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)


class Payslip(models.Model):
    """What one employee is told about one period; approved, it is to be paid."""

    request_id = models.CharField(max_length=64, unique=True, null=True)
    employee = models.ForeignKey("employees.Employee", on_delete=models.PROTECT)
    pay_period = models.ForeignKey(PayPeriod, on_delete=models.PROTECT)
    number = models.CharField(max_length=30, unique=True)
    note = models.CharField(max_length=200, null=True)
    approved_on = models.DateField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    WRITABLE = {
        "employee_id": int,
        "pay_period_id": int,
        "number": str,
        "note": optional_text,
        "approved_on": date.fromisoformat,
    }

    class Meta:
        indexes = [
            models.Index(fields=["employee", "pay_period"], name="idx_payslip_emp_period"),
        ]

    def public_facts(self) -> dict[str, object]:
        """What the API answers beside the keys."""
        return {"employee_id": self.employee_id, "number": self.number}

    def whole(self) -> list[models.Model]:
        """The rows that are made together with this one, itself the first."""
        return [self, *self.payslipline_set.order_by("pk")]


class PayslipLine(models.Model):
    """One amount on a payslip."""

    request_id = models.CharField(max_length=64, unique=True, null=True)
    payslip = models.ForeignKey(Payslip, on_delete=models.CASCADE)
    component = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)

    WRITABLE = {"payslip_id": int, "component": str, "amount": Decimal}

    def public_facts(self) -> dict[str, object]:
        """What the API answers beside the keys."""
        return {"payslip_id": self.payslip_id, "component": self.component}

    def whole(self) -> list[models.Model]:
        """The rows that are made together with this one, itself the first."""
        return [self]


class PaymentOutbox(models.Model):
    """One payment that is due or sent. It names the payslip by its number, as the bank does."""

    number = models.CharField(max_length=30, unique=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
