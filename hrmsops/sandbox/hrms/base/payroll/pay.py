"""Paying approved payslips, each once: whatever this database remembers, the bank is asked first.

A database that was rewound has forgotten payments, and an answer of the bank can get lost. What is
due follows from the payslips, so a payslip that comes back with a replay is paid as well.
"""

from __future__ import annotations

from core import writes
from django.db.models import Sum
from django.utils import timezone

from payroll import bank
from payroll.models import PaymentOutbox, Payslip

AT_ONCE = 100


def pay_due() -> int:
    """Make the payments that are due; how many were sent now. Raises BankUnreachableError."""
    _enqueue()
    due = PaymentOutbox.objects.filter(sent_at=None).order_by("pk").values_list("pk", flat=True)
    return sum(_send(key) for key in list(due[:AT_ONCE]))


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
        # Another worker of this database passes over a locked row; one of an old database does not
        # see the lock, and has to be fenced.
        locked = PaymentOutbox.objects.select_for_update(skip_locked=True)
        payment = locked.filter(pk=key, sent_at=None).first()
        if payment is None:
            return False
        is_due = not bank.has_paid(payment.number)
        if is_due:
            bank.pay(payment.number, str(payment.amount))
        payment.sent_at = timezone.now()
        payment.save(update_fields=["sent_at"])
    return is_due
