"""Lines that fit: sentences are folded below their own beginning, commands are never folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.console.next_command import completed_as_typed, place_in
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

COLUMNS_MIN = 20
"""Narrower than this a folded text is no longer read; the terminal may cut it instead."""


def hanging(console: Console, label: Text | str, body: Text | str) -> Text:
    """`label`, then `body` folded between the label's end and the right edge of the screen.

    A command at the end of `body` is no more folded than any other: print it with `soft_wrap`.
    """
    from rich.text import Text

    head = Text(label) if isinstance(label, str) else label
    text = Text(shown(body)) if isinstance(body, str) else body
    lines = _folded(console, _whole(text), max(console.width - head.cell_len, COLUMNS_MIN))
    folded = Text.assemble(head, Text("\n" + " " * head.cell_len).join(lines))
    folded.no_wrap, folded.overflow = True, "ignore"
    return folded


def _whole(text: Text) -> Text:
    """With what was typed of environment, configuration and way in the command at its end."""
    from rich.text import Text

    plain = completed_as_typed(text.plain) if place_in(text.plain) else text.plain
    return text if plain == text.plain else Text(plain, style=text.style)


def _folded(console: Console, text: Text, columns: int) -> list[Text]:
    lines = list(text.wrap(console, columns))
    at = place_in(text.plain)
    if not at or text.plain[at:] in lines[-1].plain:
        return lines
    sentence, command = text.divide([at])
    sentence.rstrip()
    return [*sentence.wrap(console, columns), command]


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
