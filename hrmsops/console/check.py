"""The screen of `check`: findings by migration, what could not be read, and the sum."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from hrmsops.console import layout, theme
from hrmsops.console.output import result
from hrmsops.safety.report import Finding, Report, Unknown

STYLES = {"danger": "error", "warning": "warning", "info": "quiet"}


def show(report: Report, *, root: Path, strict: bool) -> None:
    """Dangers and warnings in full; what is only worth knowing as one line each."""
    for place, findings in groupby(report.findings, key=lambda each: (each.app, each.migration)):
        _migration(".".join(place), [*findings])
    _unknown(report.unknown)
    if report.suppressed:
        result("\nAllowed", style="quiet")
        for allowed in report.suppressed:
            each = allowed.finding
            result(f"  {each.app}.{each.migration}  {each.rule}: {allowed.reason}", style="quiet")
    _sum(report, strict=strict)


def _migration(name: str, findings: list[Finding]) -> None:
    from rich.text import Text

    loud = [each for each in findings if each.severity != "info"]
    quiet = [each for each in findings if each.severity == "info"]
    if loud:
        result(f"\n{name}", style="fix")
    console = theme.results()
    for each in loud:
        mark = Text(f"  {each.severity:<8}", style=STYLES[each.severity])
        head = f"{each.rule}  {each.operation} {each.model}".rstrip()
        console.print(Text.assemble(mark, head, (f"  {_place(each)}", "quiet")))
        console.print(layout.hanging(console, " " * 10, each.why))
        console.print(layout.hanging(console, Text("  instead ", style="fix"), each.instead))
    if loud:
        for each in quiet:
            console.print(
                layout.hanging(
                    console, Text("  info    ", style="quiet"), f"{each.why} ({each.rule})"
                )
            )


def _place(of: Finding | Unknown) -> str:
    return f"{Path(of.path).name}:{of.line}"


def _unknown(gaps: tuple[Unknown, ...]) -> None:
    if not gaps:
        return
    console = theme.results()
    result("\nNot known", style="fix")
    for each in gaps:
        what = f"{each.app}.{each.migration}:{each.line} {each.what}: {each.why}"
        console.print(layout.hanging(console, "  ? ", what))


def _sum(report: Report, *, strict: bool) -> None:
    dangers, warnings = report.count("danger"), report.count("warning")
    counted = f"{report.migrations} migrations, {report.operations} operations"
    if not dangers and not warnings:
        result(f"{counted}: nothing to fear.", style="good")
        return
    verdict = "Refused" if report.refuses(strict=strict) else "Passed"
    style = "error" if report.refuses(strict=strict) else "warning"
    result(f"\n{counted}: {dangers} dangers, {warnings} warnings. {verdict}.", style=style)
