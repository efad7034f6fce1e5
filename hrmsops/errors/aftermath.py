"""What can go wrong with checklists and reports."""

from __future__ import annotations

from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class ChecklistItemUnknown(HrmsopsError):
    """An item of the checklist was named that there is not.

    The items are those of the guide's post-rollback checklist; `hrmsops checklist RUN` shows them.
    """

    code = "checklist-item-unknown"
    exit_code = ExitCode.USAGE

    def __init__(self, *, item: str, known: tuple[str, ...]) -> None:
        super().__init__(
            what=f'The checklist has no item "{item}".',
            why=f"Its items are {', '.join(known)}.",
            fix=f"Name one of them: --done {known[0]}.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(item="helth", known=("health", "database", "consistency"))


class ReportNotWritable(HrmsopsError):
    """An incident report could not be written to the file that was named."""

    code = "report-not-writable"
    exit_code = ExitCode.USAGE

    def __init__(self, *, path: str, why: str) -> None:
        super().__init__(
            what=f"The report could not be written to {path}.",
            why=why,
            fix="Name a file in a folder that you may write: --out FILE.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(path="/srv/incident.html", why="Permission denied.")
