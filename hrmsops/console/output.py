"""What commands write: results on stdout, talk on stderr, one document under `--json`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hrmsops.console import gcloud_line, layout, next_command, theme
from hrmsops.console.safe import hidden, shown
from hrmsops.console.streams import is_a_workflow, nobody_reads

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from hrmsops.errors.base import HrmsopsError

SCHEMA = 1
WHOLE = (next_command.COMMAND, gcloud_line.COMMAND)
"""What begins like this is pasted into a shell: it is never folded."""


def json_document(kind: str, data: Any) -> str:
    """One line of JSON: `schema`, `kind`, then the fields of `data` (a record or a mapping)."""
    import msgspec

    fields = msgspec.to_builtins(data, enc_hook=str, str_keys=True)
    if not isinstance(fields, Mapping):
        raise TypeError(f"A JSON document is made of named fields, not of {type(data).__name__}.")
    document = {"schema": SCHEMA, "kind": kind, **fields}
    return msgspec.json.encode(document).decode()


def write_json(kind: str, data: Any) -> None:
    """The one document of a command under `--json`, on stdout."""
    text = json_document(kind, data)
    # The runner of GitHub would obey it, wherever it stands; as JSON it is the same.
    raw(text.replace("##[", "\\u0023#[") if is_a_workflow() else text)


def result(text: str = "", *, style: str = "") -> None:
    """A line of the result, on stdout."""
    from rich.text import Text

    theme.results().print(Text(shown(text), style=style))


def raw(text: str) -> None:
    """A result that is meant for a file or another program: written as it is, never folded.

    Where its reader has gone away it is lost, and the command ends as it would have.
    """
    try:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        nobody_reads(sys.stdout)


def command(label: str, line: str) -> None:
    """A command that belongs to the result: on one line of stdout, to be copied whole."""
    layout.command(theme.results(), label, line)


def command_aside(label: Text | str, line: str, *, style: str = "") -> None:
    """A command that belongs to the talk: on one line of stderr, to be copied whole."""
    layout.command(theme.talk(), label, line, style=style)


def next_step(line: str, *, word: str = "Next") -> None:
    """The one command to type next, on stderr."""
    from rich.text import Text

    command_aside(Text(f"{word}: ", style="fix"), line, style="fix")


def say(text: str = "", *, style: str = "") -> None:
    """A line of talk, on stderr."""
    point("", text, style=style)


def point(label: str, text: str, *, style: str = "") -> None:
    """A labelled sentence of talk, on stderr, folded below its own beginning.

    A command at its end is whole, and on one line.
    """
    from rich.text import Text

    console = theme.talk()
    with theme.DRAWING:
        console.print(
            layout.hanging(console, label, Text(shown(text), style=style)), soft_wrap=True
        )


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under headings, on stdout; on a narrow screen the last column alone is folded.

    In a pipe no cell is folded, and no line ends in blanks.
    """
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        is_last = column == columns[-1]
        grid.add_column(Text(shown(column)), overflow="fold", no_wrap=not is_last)
    for row in rows:
        grid.add_row(*(Text(shown(cell)) for cell in row))
    draw(grid)


def draw(picture: RenderableType) -> None:
    """Something laid out in columns, on stdout; no line ends in blanks."""
    console = theme.results()
    with console.capture() as drawn:
        console.print(picture, crop=False)  # A command in it is longer than a narrow screen.
    raw("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def error(problem: HrmsopsError, *, json: bool) -> None:
    """What happened, why, what mends it and where its page is; never a traceback.

    On stderr for a person. Under `--json` it is the one document of the command, on stdout.
    """
    if json:
        raw(_error_document(problem))
        return
    from rich.text import Text

    console = theme.talk()
    for label, style, sentence in (
        ("Error: ", "error", problem.what),
        ("Why:   ", "quiet", problem.why),
    ):
        console.print(layout.hanging(console, Text(label, style=style), sentence), soft_wrap=True)
    fix = Text("Fix:   ", style="fix")
    if problem.fix.startswith(WHOLE):
        layout.command(console, fix, problem.fix)
    else:
        console.print(layout.hanging(console, fix, problem.fix), soft_wrap=True)
    layout.command(console, Text("Page:  ", style="quiet"), f"hrmsops explain {problem.code}")


def _error_document(problem: HrmsopsError) -> str:
    facts = {
        "code": problem.code,
        "what": hidden(problem.what),
        "why": hidden(problem.why),
        "fix": hidden(problem.fix),
        "exit_code": int(problem.exit_code),
    }
    return json_document("error", {"error": facts})
