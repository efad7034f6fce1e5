"""What is paid: periods, payslips with their lines, and the payroll's own record."""

from __future__ import annotations

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
    """What one employee is told about one period."""

    employee = models.ForeignKey("employees.Employee", on_delete=models.PROTECT)
    pay_period = models.ForeignKey(PayPeriod, on_delete=models.PROTECT)
    number = models.CharField(max_length=30, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["employee", "pay_period"], name="idx_payslip_emp_period"),
        ]


class PayslipLine(models.Model):
    """One amount on a payslip."""

    payslip = models.ForeignKey(Payslip, on_delete=models.CASCADE)
    component = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)
