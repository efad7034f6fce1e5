"""Paying approved payslips, each once: whatever this database remembers, the bank is asked first.

A database that was rewound has forgotten payments, and an answer of the bank can get lost. What is
due follows from the payslips, so a payslip that comes back with a replay is paid as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core import writes
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from payroll import bank
from payroll.models import PaymentOutbox, Payslip

AT_ONCE = 25
LOCK = 7_294_015
"""Payroll's own among the advisory locks of this database."""


def pay_due() -> int:
    """Make payments that are due; how many were sent now. Raises BankUnreachableError.

    Where another worker of this database is at it, there is nothing to do: after a hold many are
    told to pay at the same moment.
    """
    with _alone() as is_alone:
        if not is_alone:
            return 0
        _enqueue()
        due = PaymentOutbox.objects.filter(sent_at=None).order_by("pk")
        return sum(_send(key) for key in list(due.values_list("pk", flat=True)[:AT_ONCE]))


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        (is_alone,) = cursor.fetchone()
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _enqueue() -> None:
    known = PaymentOutbox.objects.values("number")
    slips = Payslip.objects.filter(approved_on__isnull=False).exclude(number__in=known)
    for slip in slips.annotate(total=Sum("payslipline__amount")).order_by("pk")[:AT_ONCE]:
        with writes.unit(f"pay-{slip.number}"):
            PaymentOutbox.objects.get_or_create(
                number=slip.number, defaults={"amount": slip.total or 0}
            )


def _send(key: int) -> bool:
    with writes.unit(f"pay-{key}"):
        # A worker of an old database sees neither this lock nor payroll's: it has to be fenced.
        payment = PaymentOutbox.objects.select_for_update().get(pk=key)
        is_due = not bank.has_paid(payment.number)
        if is_due:
            bank.pay(payment.number, str(payment.amount))
        payment.sent_at = timezone.now()
        payment.save(update_fields=["sent_at"])
    return is_due
