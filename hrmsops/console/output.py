"""What commands write: results on stdout, talk on stderr, one document under `--json`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hrmsops.console import theme
from hrmsops.console.safe import hidden, shown

if TYPE_CHECKING:
    from hrmsops.errors.base import HrmsopsError

SCHEMA = 1


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
    sys.stdout.write(json_document(kind, data) + "\n")
    sys.stdout.flush()


def result(text: str = "", *, style: str = "") -> None:
    """A line of the result, on stdout."""
    from rich.text import Text

    theme.results().print(Text(shown(text), style=style))


def raw(text: str) -> None:
    """A result that is meant for a file or another program: written as it is, never folded."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def say(text: str = "", *, style: str = "") -> None:
    """A line of talk, on stderr."""
    from rich.text import Text

    theme.talk().print(Text(shown(text), style=style))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under headings, on stdout; in a pipe no cell is folded and no line ends in blanks."""
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        grid.add_column(Text(shown(column)), overflow="fold")
    for row in rows:
        grid.add_row(*(Text(shown(cell)) for cell in row))
    console = theme.results()
    with console.capture() as drawn:
        console.print(grid)
    raw("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def error(problem: HrmsopsError, *, json: bool) -> None:
    """What happened, why, what mends it and where its page is; never a traceback.

    On stderr for a person. Under `--json` it is the one document of the command, on stdout.
    """
    if json:
        raw(_error_document(problem))
        return
    from rich.text import Text

    parts = (
        ("Error: ", "error", f"{problem.what}\n"),
        ("Why:   ", "quiet", f"{problem.why}\n"),
        ("Fix:   ", "fix", f"{problem.fix}\n"),
        ("Page:  ", "quiet", f"hrmsops explain {problem.code}"),
    )
    text = Text()
    for label, style, sentence in parts:
        text.append(label, style=style).append(shown(sentence))
    theme.talk().print(text)


def _error_document(problem: HrmsopsError) -> str:
    import msgspec

    facts = {
        "code": problem.code,
        "what": hidden(problem.what),
        "why": hidden(problem.why),
        "fix": hidden(problem.fix),
        "exit_code": int(problem.exit_code),
    }
    return msgspec.json.encode({"schema": SCHEMA, "error": facts}).decode()
