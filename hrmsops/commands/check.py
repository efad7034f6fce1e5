"""`hrmsops check`: what the migrations would do, before they do it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.errors.base import ExitCode

if TYPE_CHECKING:
    from hrmsops.safety.report import Report


class Format(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


Where = Annotated[
    Path,
    typer.Argument(metavar="[PATH]", help="A Django project, or any folder with migrations."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 3 for warnings too.")]
App = Annotated[str | None, typer.Option("--app", metavar="APP", help="Report on this app alone.")]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="REV", help="Only what was added since this git revision, as one deploy."
    ),
]
Form = Annotated[Format, typer.Option("--format", help="How the report is written.")]
TargetPg = Annotated[
    int, typer.Option("--target-pg", metavar="N", help="PostgreSQL's major version.")
]
Known = Annotated[
    Path | None,
    typer.Option(
        "--baseline", metavar="FILE", help="An earlier JSON report; its findings are known."
    ),
]


def check(
    path: Where = Path(),
    strict: Strict = False,
    app: App = None,
    since: Since = None,
    form: Form = Format.TEXT,
    target_pg: TargetPg = 15,
    baseline: Known = None,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Judge migrations: locks, rewrites, lost data, and code that no longer fits the database."""
    report = _report(path, app, since, target_pg, baseline, config_path)
    _write(report, Format.JSON if json else form, path, strict=strict)
    if report.refuses(strict=strict):
        raise typer.Exit(ExitCode.REFUSED)


def _report(
    path: Path,
    app: str | None,
    since: str | None,
    target_pg: int,
    baseline: Path | None,
    config_path: Path | None,
) -> Report:
    from hrmsops.config.safety_settings import safety_settings
    from hrmsops.errors.safety import NoMigrations
    from hrmsops.safety.analyzer import analyze
    from hrmsops.safety.baseline import read_baseline
    from hrmsops.safety.changed import added_since

    rows, large_rows = safety_settings(config_path, start=path)
    report = analyze(
        path,
        expected_rows=rows,
        large_table_rows=large_rows,
        target_pg=target_pg,
        app=app,
        pending=added_since(since, path) if since else None,
        baseline=read_baseline(baseline) if baseline else None,
    )
    if not report.migrations and not since:
        raise NoMigrations(path=str(path), app=app)
    return report


def _write(report: Report, form: Format, path: Path, *, strict: bool) -> None:
    from hrmsops.console import output

    if form is Format.TEXT:
        from hrmsops.console import check as view

        view.show(report, root=path, strict=strict)
    elif form is Format.JSON:
        from hrmsops.safety.reports import as_json

        output.raw(as_json.text(report))
    elif form is Format.GITHUB:
        from hrmsops.safety.reports import as_github

        output.raw(as_github.text(report, root=Path.cwd()))
    else:
        from hrmsops.safety.reports import as_sarif

        output.raw(as_sarif.text(report, root=Path.cwd()))
