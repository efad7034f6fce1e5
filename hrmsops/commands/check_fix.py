"""`check --fix`: the safe forms of migrations, shown and then written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hrmsops.errors.base import ExitCode

if TYPE_CHECKING:
    from hrmsops.safety.report import Finding, Report
    from hrmsops.safety.rewrite.fixing import Fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was typed."""

    path: Path
    is_chosen: bool
    """Whether it was said which migrations may change."""
    only: tuple[str, ...]
    target_django: str | None
    expands: bool
    dry_run: bool
    strict: bool
    json: bool


def fix(wanted: Wanted, report_of: Callable[[], Report]) -> None:
    """Show the rewrites; write them unless it is a dry run; and judge what was written."""
    from hrmsops.errors.fixing import FixNeedsAChoice

    if not (wanted.dry_run or wanted.is_chosen):
        raise FixNeedsAChoice
    made = _made(wanted, report_of())
    if not wanted.dry_run:
        _write(made)
    _show(made, wanted)
    if not wanted.dry_run:
        _judge(report_of(), made, wanted)


def _made(wanted: Wanted, report: Report) -> Fix:
    from hrmsops.safety import reader
    from hrmsops.safety.graph import graph_of
    from hrmsops.safety.rewrite.fixing import fixed

    graph = graph_of(reader.read(wanted.path))
    chosen = _chosen(wanted, {".".join(each.key) for each in graph.ordered}, report)
    return fixed(
        graph, chosen, target_django=_version(wanted.target_django), expands=wanted.expands
    )


def _chosen(wanted: Wanted, known: set[str], report: Report) -> list[Finding]:
    from hrmsops.errors.fixing import NoSuchMigration

    for name in wanted.only:
        if name not in known:
            raise NoSuchMigration(name=name)
    return [
        each
        for each in report.findings
        if not wanted.only or f"{each.app}.{each.migration}" in wanted.only
    ]


def _version(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    major, _, minor = text.partition(".")
    if not major.isdigit() or not (minor or "0").isdigit():
        raise typer.BadParameter(
            "It is a version such as 4.2 or 5.2.", param_hint="--target-django"
        )
    return int(major), int(minor or 0)


def _write(made: Fix) -> None:
    """New files first: until the old ones follow, nothing that was there has changed."""
    from hrmsops.errors.fixing import FixNotCommitted
    from hrmsops.safety.tracked import not_committed

    old = [path for path, text in made.before.items() if text is not None]
    for path, problem in not_committed(old):
        raise FixNotCommitted(file=str(path), problem=problem)
    for path in sorted(made.after, key=lambda each: each in old):
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(made.after[path], encoding="utf-8")
        beside.replace(path)


def _show(made: Fix, wanted: Wanted) -> None:
    from hrmsops.console import check_fix as view
    from hrmsops.console import output

    if wanted.json:
        output.write_json("check-fix", view.document(made, is_written=not wanted.dry_run))
    else:
        view.show(made, is_written=not wanted.dry_run)


def _judge(report: Report, made: Fix, wanted: Wanted) -> None:
    """What was written, and what was asked for and stays as it was."""
    if wanted.only:
        files = {str(each) for each in made.after}
        kept = (
            each
            for each in report.findings
            if each.path in files or f"{each.app}.{each.migration}" in wanted.only
        )
        report = replace(report, findings=tuple(kept))
    if not wanted.json:
        from hrmsops.console import check as view

        view.show(report, root=wanted.path, strict=wanted.strict)
    if report.refuses(strict=wanted.strict):
        raise typer.Exit(ExitCode.REFUSED)
