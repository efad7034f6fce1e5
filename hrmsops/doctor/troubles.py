"""What a look that failed says of what was looked at. Pure."""

from __future__ import annotations

from hrmsops.doctor.check import Finding, warning
from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.cloud import NotAuthorised
from hrmsops.errors.environments import DatabaseNotConfigured
from hrmsops.errors.project import DjangoNotConfigured


def finding_of(error: HrmsopsError, *, is_named: bool) -> Finding:
    """An error as a finding.

    `is_named`: all commands that were asked for need it. Else what is not configured may not be
    wanted.
    """
    if isinstance(error, DjangoNotConfigured | DatabaseNotConfigured) and not is_named:
        return warning(error.what, error.fix)
    return Finding(
        state="bad",
        says=f"{error.what} {error.why}",
        mend=error.grant if isinstance(error, NotAuthorised) else error.fix,
        is_unauthorised=error.exit_code == ExitCode.UNAUTHORISED,
    )


def enable(apis: str, project: str) -> str:
    """The command that enables APIs."""
    return f"gcloud services enable {apis} --project {project}"
