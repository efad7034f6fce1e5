"""The Cloud SQL client's exceptions turned into ours, by the reason in the body."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from hrmsops.engine.jitter import jitter
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud import CallNotAnswered, NotLoggedIn
from hrmsops.errors.cloud_sql import (
    BackupMissing,
    InstanceBusy,
    InstanceExists,
    InstanceMissing,
    QuotaUsedUp,
)
from hrmsops.gcp.errors import READ_SECONDS_MAX, error_for, is_quota
from hrmsops.gcp.imports import one_at_a_time

T = TypeVar("T")

PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 0.2, 5.0


@contextmanager
def translated(doing: str, *, instance: str, permission: str, makes: str = "") -> Iterator[None]:
    """Any exception of the client inside becomes one HrmsopsError; see `gcp.errors`.

    `makes` is the instance that the call makes of `instance`, "" where it makes none.
    """
    with one_at_a_time:
        import httplib2
        from google.auth.exceptions import RefreshError, TransportError
        from googleapiclient.errors import HttpError

    try:
        yield
    except HttpError as error:
        raise _of_answer(
            error, doing=doing, instance=instance, permission=permission, makes=makes
        ) from error
    except RefreshError as error:
        raise NotLoggedIn(why=str(error)) from error
    except (OSError, TransportError, httplib2.error.HttpLib2Error) as error:
        raise CallNotAnswered(doing=doing, why=str(error) or type(error).__name__) from error


def read(call: Callable[[], T]) -> T:
    """Run a call that changes nothing, again with jittered backoff while it may yet succeed."""
    until = time.monotonic() + READ_SECONDS_MAX
    pause = PAUSE_SECONDS_MIN
    while True:
        try:
            return call()
        except Exception as error:
            if not _is_transient(error) or time.monotonic() + pause > until:
                raise
        time.sleep(pause * jitter(0.5, 1.0))
        pause = min(pause * 2, PAUSE_SECONDS_MAX)


def _is_transient(error: Exception) -> bool:
    from googleapiclient.errors import HttpError

    if isinstance(error, HttpError):
        status = error.status_code
        return status in (429, 500, 502, 503, 504) or is_quota(str(error))
    return isinstance(error, OSError)


def _of_answer(
    error: Any, *, doing: str, instance: str, permission: str, makes: str
) -> HrmsopsError:
    reason, message = _reason(error)
    match reason:
        case "operationInProgress":
            return InstanceBusy(instance=instance, why=message)
        case "instanceAlreadyExists":
            return InstanceExists(instance=makes or instance)
        case "instanceDoesNotExist":
            return InstanceMissing(instance=instance, why=message)
        case "errorBackupNotFound" | "backupRunDoesNotExist" | "backupDoesNotExist":
            return BackupMissing(instance=instance, why=message)
        case "quotaExceeded" if not is_quota(message):
            return QuotaUsedUp(doing=doing, why=message)
    return error_for(int(error.status_code), message, doing=doing, permission=permission)


def _reason(error: Any) -> tuple[str, str]:
    """The first reason and the message of Google's error envelope."""
    try:
        body = msgspec.json.decode(error.content)["error"]
        reasons = [str(each.get("reason", "")) for each in body.get("errors", ())]
        return (reasons or [""])[0], str(body.get("message", error))
    except (msgspec.DecodeError, KeyError, TypeError):
        return "", str(error)
