"""Asking for leave: once for each request id."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.writes import record_insert
from django.db import transaction

from leave.models import LeaveRequest


@transaction.atomic
def ask(values: dict[str, Any]) -> tuple[LeaveRequest, bool]:
    """The leave request of this request id, and whether it was made now."""
    leave, is_new = LeaveRequest.objects.get_or_create(
        request_id=str(values["request_id"]),
        defaults={
            "employee_id": int(values["employee"]),
            "leave_type": str(values["leave_type"]),
            "starts_on": date.fromisoformat(values["starts_on"]),
            "ends_on": date.fromisoformat(values["ends_on"]),
        },
    )
    if is_new:
        record_insert(leave, request_id=leave.request_id)
    return leave, is_new
