"""What every request passes on its way in; this release breaks some of them here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import count

from django.http import HttpRequest, HttpResponse

Next = Callable[[HttpRequest], HttpResponse]

# The urls and their views are imported with the first request; this module with the process.
STARTED = time.monotonic()


class RequestLostError(RuntimeError):
    """The defect of this release."""


class Gate:
    """Answers 400 to a Host that ALLOWED_HOSTS does not name, and 500 to every n-th API request.

    n is `HRMS_ERROR_EVERY`, 5 unless said otherwise. The request fails before it has written.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.error_every = int(os.environ.get("HRMS_ERROR_EVERY", "5"))
        self.api_requests = count(1)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.get_host()
        if request.path.startswith("/api/") and next(self.api_requests) % self.error_every == 0:
            raise RequestLostError
        return self.get_response(request)
