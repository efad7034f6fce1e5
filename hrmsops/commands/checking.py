"""From what was asked of `check` to a report, and from the report to its words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.errors.base import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from hrmsops.safety.operations import Migration
    from hrmsops.safety.report import Report
    from hrmsops.safety.suppression import Baseline


class Format(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be judged, and held against what.

    `is_traced`: in a scratch database, in an empty one at `url`, or beside what `env` has applied.
    """

    path: Path
    app: str | None = None
    since: str | None = None
    target_pg: int = 15
    baseline: Path | None = None
    config: Path | None = None
    is_traced: bool = False
    url: str | None = None
    env: str | None = None
    proxy: bool = False


def judge(asked: Asked) -> Report:
    """What is read in the files, and measured where that was asked for."""
    if not asked.is_traced:
        return read(asked)
    from hrmsops.commands import check_trace

    return check_trace.report(asked)


def read(asked: Asked) -> Report:
    """What is read in the files alone."""
    from hrmsops.config.safety_settings import safety_settings
    from hrmsops.safety.analyzer import analyze

    rows, large_rows = safety_settings(asked.config, start=asked.path)
    report = analyze(
        asked.path,
        expected_rows=rows,
        large_table_rows=large_rows,
        target_pg=asked.target_pg,
        app=asked.app,
        pending=_added_since(asked.since, asked.path),
        baseline=_baseline(asked.baseline),
    )
    if not report.migrations and not asked.since:
        from hrmsops.errors.safety import NoMigrations

        raise NoMigrations(path=str(asked.path), app=asked.app)
    return report


def _added_since(since: str | None, path: Path) -> Callable[[Migration], bool] | None:
    if since is None:
        return None
    from hrmsops.safety.changed import added_since

    return added_since(since, path)


def _baseline(path: Path | None) -> Baseline | None:
    if path is None:
        return None
    from hrmsops.safety.baseline import read_baseline

    return read_baseline(path)


def write(report: Report, form: Format, path: Path, *, strict: bool) -> None:
    """The report on stdout."""
    if form is Format.TEXT:
        from hrmsops.console import check as view

        view.show(report, root=path, strict=strict)
        return
    from hrmsops.console import output

    output.raw(_text(report, form))


def _text(report: Report, form: Format) -> str:
    if form is Format.JSON:
        from hrmsops.safety.reports import as_json

        return as_json.text(report)
    if form is Format.GITHUB:
        from hrmsops.safety.reports import as_github

        return as_github.text(report, root=Path.cwd())
    from hrmsops.safety.reports import as_sarif

    return as_sarif.text(report, root=Path.cwd())


def refuse(report: Report, *, strict: bool) -> None:
    """End with 3 where the migrations should not run."""
    if report.refuses(strict=strict):
        raise SystemExit(ExitCode.REFUSED)
