"""Fills an empty HRMS with generated records, the same ones each time."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from employees.models import Employee
from imports.models import ImportRecord
from leave.models import LeaveRequest
from payroll.models import PayPeriod, PayrollRecord, Payslip, PayslipLine

FIRST_DAY = date(2018, 1, 1)
LINES = {"BASIC": Decimal("1.00"), "SSNIT": Decimal("-0.055"), "PAYE": Decimal("-0.125")}


class Command(BaseCommand):
    help = "Fill an empty HRMS with generated employees, payslips and leave requests."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--employees", type=int, default=300)

    @transaction.atomic
    def handle(self, *, employees: int, **_options: object) -> None:
        if Employee.objects.exists():
            self.stdout.write("There are employees already: nothing was generated.")
            return
        people = _employees(employees)
        _payroll(people)
        _leave(people)
        _imports(employees)
        self.stdout.write(f"Generated {employees} employees.")


def _employees(count: int) -> list[Employee]:
    return Employee.objects.bulk_create(
        Employee(
            staff_number=f"S{number:06d}",
            name=f"Employee {number:06d}",
            hire_date=FIRST_DAY + timedelta(days=number * 7 % 2000),
        )
        for number in range(1, count + 1)
    )


def _payroll(people: list[Employee]) -> None:
    period = PayPeriod.objects.create(
        code="2024-01", starts_on=date(2024, 1, 1), ends_on=date(2024, 1, 31)
    )
    basics = [Decimal(2000 + person.pk * 37 % 6000) for person in people]
    net = sum(LINES.values())
    PayrollRecord.objects.bulk_create(
        PayrollRecord(employee=person, pay_period=period, gross=basic, net=basic * net)
        for person, basic in zip(people, basics, strict=True)
    )
    slips = Payslip.objects.bulk_create(
        Payslip(employee=person, pay_period=period, number=f"{period.code}/{person.staff_number}")
        for person in people
    )
    PayslipLine.objects.bulk_create(
        PayslipLine(payslip=slip, component=component, amount=basic * share)
        for slip, basic in zip(slips, basics, strict=True)
        for component, share in LINES.items()
    )


def _leave(people: list[Employee]) -> None:
    LeaveRequest.objects.bulk_create(
        LeaveRequest(
            employee=person,
            leave_type="annual",
            starts_on=date(2024, 2, 1) + timedelta(days=person.pk % 200),
            ends_on=date(2024, 2, 5) + timedelta(days=person.pk % 200),
        )
        for person in people[::2]
    )


def _imports(count: int) -> None:
    ImportRecord.objects.bulk_create(
        ImportRecord(source="employees.csv", row_number=number, status="DONE")
        for number in range(1, count + 1)
    )
