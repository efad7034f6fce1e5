"""Lines that fit: sentences are folded below their own beginning, commands are never folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.console.next_command import completed_as_typed
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

COLUMNS_MIN = 20
"""Narrower than this a folded text is no longer read; the terminal may cut it instead."""


def hanging(console: Console, label: Text | str, body: Text | str) -> Text:
    """`label`, then `body` folded between the label's end and the right edge of the screen."""
    from rich.text import Text

    head = Text(label) if isinstance(label, str) else label
    text = Text(shown(body)) if isinstance(body, str) else body
    lines = text.wrap(console, max(console.width - head.cell_len, COLUMNS_MIN))
    return Text.assemble(head, Text("\n" + " " * head.cell_len).join(lines))


def command(console: Console, label: Text | str, line: str, *, style: str = "") -> None:
    """Print a command as one line, however narrow the screen, so that it can be copied whole.

    A line end within it would run its first half where it is pasted. It gets what was typed of
    environment, configuration and way, where it lacks them.
    """
    from rich.text import Text

    head = Text(label) if isinstance(label, str) else label
    console.print(
        Text.assemble(head, Text(shown(completed_as_typed(line)), style=style)), soft_wrap=True
    )
