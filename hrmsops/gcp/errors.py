"""Google's exceptions turned into ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud import (
    ApiDisabled,
    CallNotAnswered,
    CallRefused,
    EtagStale,
    NotAuthorised,
    NotLoggedIn,
    ResourceMissing,
)
from hrmsops.gcp.imports import one_at_a_time

READ_SECONDS_MAX = 20.0
CALL_SECONDS_MAX = 20.0
_DISABLED = re.compile(
    r"has not been used in project \S+ before or it is disabled"
    r".*?\b(?P<api>[a-z]+\.googleapis\.com).*?\bproject=(?P<project>[\w.:-]*[\w-])"
)
_LACKING = re.compile(r"Permission '(?P<name>[\w.]+)' denied")


@contextmanager
def translated(doing: str, *, permission: str) -> Iterator[None]:
    """Any Google exception inside becomes one HrmsopsError; `doing` completes "Could not …"."""
    with one_at_a_time:
        import requests
        from google.api_core import exceptions as google
        from google.auth.exceptions import RefreshError, TransportError

    try:
        yield
    except RefreshError as error:
        raise NotLoggedIn(why=_line(error)) from error
    except google.GoogleAPICallError as error:
        status, why = int(error.code or 0), str(error.message)
        raise error_for(status, why, doing=doing, permission=permission) from error
    except (google.RetryError, TransportError, requests.RequestException) as error:
        raise CallNotAnswered(doing=doing, why=_line(error)) from error


def error_for(status: int, why: str, *, doing: str, permission: str) -> HrmsopsError:
    """Our error for what Google answered, by its HTTP status."""
    match status:
        case 401:
            return NotLoggedIn(why=why)
        case 403 if off := _DISABLED.search(why):
            return ApiDisabled(doing=doing, api=off["api"], project=off["project"])
        case 403 if not is_quota(why):
            return NotAuthorised(doing=doing, permission=lacking(why) or permission, why=why)
        case 404:
            return ResourceMissing(doing=doing, why=why)
        case 409 | 412:
            return EtagStale(doing=doing, why=why)
        case _ if status in (403, 429) or status >= 500:
            return CallNotAnswered(doing=doing, why=why)
    return CallRefused(doing=doing, why=why)


def lacking(why: str) -> str:
    """The permission that Google says is missing, as IAM spells it; "" where it names none."""
    found = _LACKING.search(why)
    return found["name"].replace("serviceaccounts", "serviceAccounts") if found else ""


def is_quota(why: str) -> bool:
    """Google answers 403 both for "you may not" and for "too often in this minute"."""
    return "quota" in why.lower() and "per minute" in why.lower()


def _line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).partition("\n")[0][:300]
