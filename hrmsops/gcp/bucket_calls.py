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
TOLD_EVERY_SECONDS = 30.0
Seconds = tuple[float, float]
"""To connect, and for the reply to begin."""
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


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long one bucket is waited for.

    A connection that was accepted may never be answered. The first try is therefore short: it is
    known early that there is something to wait for, and the second comes by another connection.
    """

    patience: timedelta = PATIENCE
    first: Seconds = (3.05, 4.0)
    later: Seconds = (3.05, 10.0)
    rest: timedelta = timedelta(0)
    """For how long one that was silent to the end of the patience is not asked at all."""


PATIENT = Pace()
HURRIED = Pace(
    patience=timedelta(seconds=2), first=(2.0, 3.0), later=(2.0, 3.0), rest=timedelta(seconds=10)
)
"""For a look that does without what gives no answer."""


@dataclass
class BucketCalls:
    """Asks one bucket, and says in hrmsops's words what it answers."""

    bucket: str
    where: str
    project: str
    account: Callable[[], str]
    pace: Pace
    on_silent: Callable[[str], None] | None = None
    """Told that it is asked again and why, when that begins."""
    _silent: tuple[float, str] | None = field(default=None, init=False)
    """Since when (monotonic) it gives no answer, and why; then each call is tried once."""
    _told_at: float = field(default=-TOLD_EVERY_SECONDS, init=False)

    def ask(self, doing: str, call: Callable[[Seconds], T], *, permission: str) -> T:
        """What `call` returns in so many seconds; `doing` completes "Could not … in gs://…".

        Raises NotThere, NotAsExpected, RecordUnusable, NotLoggedIn. A call that was repeated may
        have had its effect before.
        """
        self._require_rested(doing)
        until = time.monotonic() + (0 if self._silent else self.pace.patience.total_seconds())
        pause, seconds = FIRST_PAUSE_SECONDS, self.pace.first
        while True:
            try:
                answer = call(seconds)
            except Exception as error:
                why = self._why_again(error, doing, permission)
                if time.monotonic() + pause > until:
                    self._silent = time.monotonic(), why
                    raise StoreUnreachable(store=self.where, doing=doing, why=why) from error
                self._tell(why)
                time.sleep(pause * jitter(0.5, 1.5))
                pause, seconds = min(pause * 2, PAUSE_SECONDS_MAX), self._what_is_left(until)
            else:
                self._silent = None
                return answer

    def _require_rested(self, doing: str) -> None:
        if self._silent is None:
            return
        since, why = self._silent
        if time.monotonic() - since < self.pace.rest.total_seconds():
            raise StoreUnreachable(store=self.where, doing=doing, why=why)

    def _what_is_left(self, until: float) -> Seconds:
        """For the next try: no longer than the patience, where that is not too short to answer."""
        connect, reply = self.pace.later
        return connect, min(reply, max(until - time.monotonic(), self.pace.first[1]))

    def _tell(self, why: str) -> None:
        now = time.monotonic()
        if self.on_silent is not None and now - self._told_at >= TOLD_EVERY_SECONDS:
            self._told_at = now
            seconds = self.pace.patience.total_seconds()
            self.on_silent(f"{self.where} is asked again for up to {seconds:.0f} s: {why}")

    def _why_again(self, error: Exception, doing: str, permission: str) -> str:
        """What is wrong where asking again may help; else raises what is to be told."""
        with one_at_a_time:
            import requests
            from google.api_core.exceptions import GoogleAPICallError
            from google.auth.exceptions import RefreshError, TransportError

        if isinstance(error, RefreshError):
            raise NotLoggedIn(why=_line(error)) from error
        if isinstance(error, requests.Timeout):
            return "It gave no answer."
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
