"""`/api/leave-requests` and `/api/leave-requests/KEY`."""

from __future__ import annotations

from core.api import collection, one
from django.urls import path

from leave.models import LeaveRequest

urlpatterns = [
    path("", collection(LeaveRequest)),
    path("/<int:key>", one(LeaveRequest)),
]
