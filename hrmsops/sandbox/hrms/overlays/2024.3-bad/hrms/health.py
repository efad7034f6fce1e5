"""What probes ask; this release is ready at first and then no longer."""

from __future__ import annotations

import os
import time

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from hrms.middleware import STARTED

READY_SECONDS = float(os.environ.get("HRMS_READY_SECONDS", "5"))


def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers; says nothing about the database."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """Ready for `HRMS_READY_SECONDS` after its start, then 503 for good."""
    if time.monotonic() - STARTED > READY_SECONDS:
        return JsonResponse({"status": "exhausted"}, status=503)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return JsonResponse({"status": "database", "error": type(error).__name__}, status=503)
    return JsonResponse({"status": "ok"})


def version(_request: HttpRequest) -> JsonResponse:
    """The code that answers, and the revision that runs it."""
    return JsonResponse({"release": settings.RELEASE, "revision": os.environ.get("K_REVISION", "")})
