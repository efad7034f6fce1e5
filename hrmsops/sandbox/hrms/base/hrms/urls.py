"""Every path of the HRMS."""

from __future__ import annotations

from django.urls import include, path

from hrms import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("version", health.version),
    path("api/employees", include("employees.urls")),
    path("api/import-records", include("imports.urls")),
    path("api/leave-requests", include("leave.urls")),
    path("", include("payroll.urls")),
]
