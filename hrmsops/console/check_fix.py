"""The screen of `check --fix`: the difference, and what is left to a person."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.console import layout, theme
from hrmsops.console.output import result
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from hrmsops.console.documents.checks import FixDocument
    from hrmsops.safety.rewrite.fixing import Fix, Left

STYLES = {"+": "good", "-": "error", "@": "quiet"}


def show(made: Fix, *, is_written: bool) -> None:
    """The difference as `git diff` has it, what is left, and what comes next."""
    for path in made.after:
        for line in difference(made, path):
            _line(line)
    _left(made.left)
    if not made.after:
        result("\nNothing is rewritten.", style="fix")
        return
    many = f"{len(made.after)} file{'s' if len(made.after) > 1 else ''}"
    if is_written:
        result(f"\nWritten: {many}. Read them before you commit; checked again:", style="good")
    else:
        result(f"\n{many} would be written. Nothing was.", style="fix")


def _line(line: str) -> None:
    """Never folded, so that it can be copied whole."""
    from rich.text import Text

    is_head = line.startswith(("+++", "---"))
    style = "fix" if is_head else STYLES.get(line[:1], "")
    theme.results().print(Text(shown(line), style=style), soft_wrap=True)


def difference(made: Fix, path: Path) -> list[str]:
    """The lines of a file's difference."""
    before = made.before[path]
    old = (before or "").splitlines()
    name = "/dev/null" if before is None else str(path)
    return list(unified_diff(old, made.after[path].splitlines(), name, str(path), lineterm=""))


def _left(left: list[Left]) -> None:
    from rich.text import Text

    if not left:
        return
    result("\nLeft to you", style="fix")
    console = theme.results()
    for each in left:
        finding = each.finding
        place = f"{finding.app}.{finding.migration}:{finding.line}"
        console.print(
            layout.hanging(
                console, "  ", f"{place}  {finding.rule} {finding.operation}: {each.why}."
            )
        )
        console.print(layout.hanging(console, Text("    instead ", style="fix"), finding.instead))


def document(made: Fix, *, is_written: bool) -> FixDocument:
    """The same as data."""
    return {
        "written": is_written,
        "files": [
            {"path": str(path), "diff": "\n".join(difference(made, path))} for path in made.after
        ],
        "fixed": [
            {"rule": each.rule, "app": each.app, "migration": each.migration, "line": each.line}
            for each in made.fixed
        ],
        "left": [
            {
                "rule": each.finding.rule,
                "app": each.finding.app,
                "migration": each.finding.migration,
                "line": each.finding.line,
                "why": each.why,
                "instead": each.finding.instead,
            }
            for each in made.left
        ],
    }
