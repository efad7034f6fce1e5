"""`/api/employees` and `/api/employees/KEY`."""

from __future__ import annotations

from core.api import collection, one
from django.urls import path

from employees.models import Employee

urlpatterns = [
    path("", collection(Employee)),
    path("/<int:key>", one(Employee)),
]
