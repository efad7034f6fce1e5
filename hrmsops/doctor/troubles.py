"""What a look that failed says of what was looked at. Pure."""

from __future__ import annotations

import re

from hrmsops.doctor.check import Finding, unknown, warning
from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.cloud import CallNotAnswered
from hrmsops.errors.environments import DatabaseNotConfigured
from hrmsops.errors.project import DjangoNotConfigured

_DISABLED = re.compile(r"has not been used in project|API is disabled|is not enabled")
_API = re.compile(r"\b([a-z]+)\.googleapis\.com")


def finding_of(error: HrmsopsError, *, project: str, is_named: bool) -> Finding:
    """An error as a finding; where nobody answered, or the API is off, nothing is known.

    `is_named`: the command that needs it was named. Else what is not configured is not wanted yet.
    """
    if isinstance(error, DjangoNotConfigured | DatabaseNotConfigured) and not is_named:
        return warning(error.what, error.fix)
    if _DISABLED.search(error.why) and (api := _API.search(error.why)):
        return unknown(f"{error.what} {api[0]} is not enabled.", enable(api[0], project))
    if isinstance(error, CallNotAnswered):
        return unknown(f"{error.what} {error.why}")
    return Finding(
        state="bad",
        says=f"{error.what} {error.why}",
        mend=error.fix,
        is_unauthorised=error.exit_code == ExitCode.UNAUTHORISED,
    )


def enable(api: str, project: str) -> str:
    """The command that enables an API."""
    return f"gcloud services enable {api} --project {project}"
