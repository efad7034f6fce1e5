"""What probes ask: is the process up, can it do its work, which release is it?"""

from __future__ import annotations

import os

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse


def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers; says nothing about the database."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """The process and its database answer; 503 while the database does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return JsonResponse({"status": "database", "error": type(error).__name__}, status=503)
    return JsonResponse({"status": "ok"})


def version(_request: HttpRequest) -> JsonResponse:
    """The code that answers, and the revision that runs it."""
    return JsonResponse({"release": settings.RELEASE, "revision": os.environ.get("K_REVISION", "")})
