"""A checklist as lines and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hrmsops.aftermath.items import Finding
from hrmsops.console import output

if TYPE_CHECKING:
    from hrmsops.console.documents.looks import ChecklistDocument

MARKS = {"done": "✓", "failed": "✗", "open": "○", "unknown": "?"}


def document(run: str, findings: Sequence[Finding]) -> ChecklistDocument:
    """For scripts: `open` counts what is not done."""
    return {
        "run": run,
        "open": sum(finding.state != "done" for finding in findings),
        "items": [
            {
                "item": finding.item.id,
                "title": finding.item.title,
                "state": finding.state,
                "evidence": finding.evidence,
                "by": finding.by,
                "at": finding.at,
            }
            for finding in findings
        ],
    }


def show(run: str, findings: Sequence[Finding]) -> None:
    """A line for each item, on stdout; then the one next command."""
    output.table(
        ("", "item", "state", "what is known"),
        [
            (MARKS[each.state], each.item.id, each.state, f"{each.item.title}: {_words(each)}")
            for each in findings
        ],
    )
    waiting = [each for each in findings if each.state != "done"]
    if not waiting:
        output.result("Nothing is left to do.", style="good")
    elif any(each.state == "failed" for each in findings):
        output.next_step("hrmsops status")
    elif any(each.item.id == "report" for each in waiting):
        output.next_step(f"hrmsops report {run} --out incident.html")
    else:
        output.next_step(f"hrmsops checklist {run} --done {waiting[0].item.id} --note TEXT")


def _words(finding: Finding) -> str:
    who = f" ({finding.by}, {finding.at[:16]})" if finding.by != "hrmsops" else ""
    return f"{'; '.join(finding.evidence)}{who}"
