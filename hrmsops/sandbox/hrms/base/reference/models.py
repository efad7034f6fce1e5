"""What everything else is measured by: roles, grades, leave, tax, banks; and who logs in."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class User(AbstractBaseUser):
    """Who logs in."""

    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_superuser = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BaseUserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"


class Coded(models.Model):
    """What is known by its code."""

    code = models.CharField(max_length=40, unique=True)

    class Meta:
        abstract = True


class Named(Coded):
    """The same with a name for people."""

    name = models.CharField(max_length=120)

    class Meta:
        abstract = True


class Permission(Coded):
    """Something that a role may do."""


class Role(Named):
    """What somebody is to the HRMS."""

    permissions = models.ManyToManyField(Permission)
    updated_at = models.DateTimeField(auto_now=True)


class JobGrade(Coded):
    """A step on the ladder of grades."""

    title = models.CharField(max_length=120)
    order = models.PositiveSmallIntegerField()


class JobCategory(Named):
    """A kind of work."""


class LeaveType(Named):
    """A kind of leave; `days` None where `entitlements` or the case decides."""

    days = models.PositiveSmallIntegerField(null=True)
    entitlements = models.JSONField(default=dict)
    unit = models.CharField(max_length=60)
    is_paid = models.BooleanField()
    requires_document = models.BooleanField(default=False)
    gender = models.CharField(max_length=1, blank=True)


class TaxBracket(Coded):
    """A band of PAYE from a day on."""

    effective_from = models.DateField()
    order = models.PositiveSmallIntegerField()
    rate_percent = models.DecimalField(max_digits=5, decimal_places=2)
    annual_from = models.DecimalField(max_digits=12, decimal_places=2)
    annual_to = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    cumulative_annual_tax_at_top = models.DecimalField(max_digits=12, decimal_places=2, null=True)


class TaxRelief(models.Model):
    """What is taken off the income before it is taxed, from a day on."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    effective_from = models.DateField()
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    percent_of_assessable_income = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    max_units = models.PositiveSmallIntegerField()
    rule = models.TextField()

    class Meta:
        unique_together = [("code", "effective_from")]


class SsnitRate(models.Model):
    """A tier of the pension scheme, from a day on."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    effective_from = models.DateField()
    employee_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    employer_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    remitted_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    mandatory = models.BooleanField()
    max_monthly_insurable = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    max_monthly_contribution = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    class Meta:
        unique_together = [("code", "effective_from")]


class PayComponent(Named):
    """A line that a payslip may have."""

    kind = models.CharField(
        max_length=10,
        choices=[("EARNING", "Earning"), ("DEDUCTION", "Deduction"), ("EMPLOYER", "Employer")],
    )
    taxable = models.BooleanField()
    rule = models.TextField(blank=True)


class MisconductCategory(Named):
    """A kind of misconduct."""

    severity = models.CharField(max_length=10)


class GrievanceCategory(Named):
    """What a complaint is about."""


class Bank(models.Model):
    """A bank that salaries are paid into; the code is what its sort codes begin with."""

    code = models.CharField(max_length=2, unique=True)
    gip_code = models.CharField(max_length=6)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)


class BankBranch(Coded):
    """A branch; the code is its sort code."""

    bank = models.ForeignKey(Bank, on_delete=models.PROTECT)
    name = models.CharField(max_length=160)
