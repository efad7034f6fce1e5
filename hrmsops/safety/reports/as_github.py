"""Annotations that GitHub shows on the very line of a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hrmsops.safety.report import Report
from hrmsops.safety.reports.workflow_commands import annotation

COMMANDS = {"danger": "error", "warning": "warning", "info": "notice"}


def text(report: Report, *, root: Path) -> str:
    """One workflow command a finding; paths are relative to the checkout."""
    return "\n".join(_lines(report, root))


def _lines(report: Report, root: Path) -> Iterator[str]:
    for each in report.findings:
        file, line = relative(each.path, root), str(each.line)
        message = f"{each.why} {each.instead}"
        yield annotation(COMMANDS[each.severity], message, file=file, line=line, title=each.rule)
    for gap in report.unknown:
        file, line = relative(gap.path, root), str(gap.line)
        yield annotation("notice", f"{gap.what}: {gap.why}", file=file, line=line, title="unknown")


def relative(path: str, root: Path) -> str:
    """The path as seen from the root of the checkout, with slashes."""
    whole = Path(path).absolute()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()
