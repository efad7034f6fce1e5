"""An incident report as Markdown, for a wiki or a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hrmsops.aftermath.incident import Incident
from hrmsops.console.reports.sections import Section, sections, title
from hrmsops.console.safe import shown

SPECIAL = "\\`*_~[]<>|#&"


def markdown(incident: Incident) -> str:
    """The whole report."""
    lines = [f"# {title(incident)}", "", f"Run `{incident.run}`.", ""]
    for section in sections(incident):
        lines += [f"## {section.title}", ""]
        for block in _blocks(section):
            lines += [*block, ""]
    return "\n".join(lines)


def _blocks(section: Section) -> Iterator[list[str]]:
    for sentence in section.sentences:
        yield [plain(sentence)]
    if section.rows:
        yield [
            row(section.heads),
            row(["---"] * len(section.heads)),
            *(row([plain(cell) for cell in cells]) for cells in section.rows),
        ]
    if section.commands:
        yield fenced(section.commands).splitlines()


def fenced(commands: Sequence[str]) -> str:
    """Commands to copy, each on its line."""
    lines = (" ".join(shown(each).split()) for each in commands)
    return "\n".join(["```sh", *lines, "```"])


def row(cells: Sequence[str]) -> str:
    """A line of a table; its cells are Markdown already."""
    return f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    """Text that Markdown shows as it is: nothing in it opens a tag, a cell or a link."""
    escaped = " ".join(shown(text).split())
    return "".join(f"\\{each}" if each in SPECIAL else each for each in escaped)
