"""Calls of a bucket: asked again while that may help, and never longer than the patience."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from hrmsops.engine.jitter import jitter
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud import CallRefused, NotLoggedIn
from hrmsops.errors.record import (
    StoreForbidden,
    StoreMissing,
    StoreRetained,
    StoreUnreachable,
)
from hrmsops.gcp.errors import is_quota, lacking
from hrmsops.gcp.imports import one_at_a_time

T = TypeVar("T")

PATIENCE = timedelta(seconds=20)
FIRST_PAUSE_SECONDS = 0.2
PAUSE_SECONDS_MAX = 4.0
NO_OBJECT = "No such object"
"""What a 404 says where the bucket is there and the object is not."""
RETAINED = "retention policy"
"""What a 403 says where the bucket itself refuses to have an object written over, or deleted."""
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


class NotThere(Exception):
    """The bucket has no object of that name and generation."""


class NotAsExpected(Exception):
    """A precondition did not hold."""


@dataclass
class BucketCalls:
    """Asks one bucket, and says in hrmsops's words what it answers."""

    bucket: str
    where: str
    project: str
    account: Callable[[], str]
    patience: timedelta
    on_silent: Callable[[str], None] | None = None
    """Told, once, that it is asked again and why."""
    _is_silent: bool = field(default=False, init=False)
    """It gave no answer to the end of the patience: until it does, each call is tried once."""

    def ask(self, doing: str, call: Callable[[], T], *, permission: str) -> T:
        """What `call` returns; `doing` completes "Could not … in gs://…".

        Raises NotThere, NotAsExpected, RecordUnusable, NotLoggedIn. A call that was repeated may
        have had its effect before.
        """
        until = time.monotonic() + (0 if self._is_silent else self.patience.total_seconds())
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                answer = call()
            except Exception as error:
                why = self._why_again(error, doing, permission)
                if time.monotonic() + pause > until:
                    self._is_silent = True
                    raise StoreUnreachable(store=self.where, doing=doing, why=why) from error
                self._tell(why)
                time.sleep(pause * jitter(0.5, 1.5))
                pause = min(pause * 2, PAUSE_SECONDS_MAX)
            else:
                self._is_silent = False
                return answer

    def _tell(self, why: str) -> None:
        if self.on_silent is not None:
            seconds = self.patience.total_seconds()
            self.on_silent(f"{self.where} is asked again for up to {seconds:.0f} s: {why}")
            self.on_silent = None

    def _why_again(self, error: Exception, doing: str, permission: str) -> str:
        """What is wrong where asking again may help; else raises what is to be told."""
        with one_at_a_time:
            import requests
            from google.api_core.exceptions import GoogleAPICallError
            from google.auth.exceptions import RefreshError, TransportError

        if isinstance(error, RefreshError):
            raise NotLoggedIn(why=_line(error)) from error
        if isinstance(error, TransportError | requests.RequestException | ConnectionError):
            return _line(error)
        if not isinstance(error, GoogleAPICallError):
            raise error
        status, why = int(error.code or 0), _said(error)
        if status in _AGAIN or (status == 403 and is_quota(why)):
            return f"{status} {why}"
        raise self._refusal(status, why, doing, permission) from error

    def _refusal(self, status: int, why: str, doing: str, permission: str) -> Exception:
        match status:
            case 404:
                gone = NotThere(why) if NO_OBJECT in why else None
                return gone or StoreMissing(bucket=self.bucket, project=self.project)
            case 412:
                return NotAsExpected(why)
            case 401:
                return NotLoggedIn(why=why)
            case 403:
                return self._forbidden(why, doing, permission)
        return CallRefused(doing=f"{doing} in {self.where}", why=why)

    def _forbidden(self, why: str, doing: str, permission: str) -> HrmsopsError:
        if RETAINED in why:
            return StoreRetained(store=self.where, doing=doing, why=why)
        return StoreForbidden(
            store=self.where,
            doing=doing,
            permission=lacking(why) or permission,
            account=self.account(),
            why=why,
        )


def _said(error: Any) -> str:
    """The sentence in Google's envelope; an upload's error has the whole reply in its message."""
    try:
        return str(error.response.json()["error"]["message"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return _line(error)


def _line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).partition("\n")[0][:300]
