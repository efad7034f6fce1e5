"""Annotations that GitHub shows on the very line of a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hrmsops.safety.report import Report

COMMANDS = {"danger": "error", "warning": "warning", "info": "notice"}


def text(report: Report, *, root: Path) -> str:
    """One workflow command a finding; paths are relative to the checkout."""
    return "\n".join(_lines(report, root))


def _lines(report: Report, root: Path) -> Iterator[str]:
    for each in report.findings:
        body = f"{each.why} {each.instead}"
        place = f"file={_property(relative(each.path, root))},line={each.line}"
        yield f"::{COMMANDS[each.severity]} {place},title={_property(each.rule)}::{_data(body)}"
    for gap in report.unknown:
        place = f"file={_property(relative(gap.path, root))},line={gap.line}"
        yield f"::notice {place},title=unknown::{_data(f'{gap.what}: {gap.why}')}"


def relative(path: str, root: Path) -> str:
    """The path as seen from the root of the checkout, with slashes."""
    whole = Path(path).absolute()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
