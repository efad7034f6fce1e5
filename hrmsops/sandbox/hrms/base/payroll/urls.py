"""`/api/payslips`, `/api/payslip-lines`, and the task that a scheduler asks for."""

from __future__ import annotations

from core.api import collection, one
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path

from payroll.bank import BankUnreachableError
from payroll.issue import issue
from payroll.models import Payslip, PayslipLine
from payroll.pay import pay_due


def pay(request: HttpRequest) -> HttpResponse:
    """Make the payments that are due; a scheduler asks again later where the bank is away."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        return JsonResponse({"sent": pay_due()})
    except BankUnreachableError as error:
        return JsonResponse({"error": "bank", "kind": str(error)}, status=503)


urlpatterns = [
    path("api/payslips", collection(Payslip, issue)),
    path("api/payslips/<int:key>", one(Payslip)),
    path("api/payslip-lines", collection(PayslipLine)),
    path("api/payslip-lines/<int:key>", one(PayslipLine)),
    path("tasks/pay-due", pay),
]
