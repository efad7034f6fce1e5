"""Only the command that was typed is made ready: all of them would take a tenth of a second."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer
    from typer.models import CommandInfo


def narrowed(app: typer.Typer, words: Sequence[str]) -> typer.Typer:
    """`app` with no more than the command or group that `words` begin with.

    All of it where they begin with none: help lists every command, and a mistyped name is told the
    nearest.
    """
    if not words:
        return app
    word, *rest = words
    commands = [each for each in app.registered_commands if _name(each) == word]
    groups = [each for each in app.registered_groups if each.name == word]
    if not commands and not groups:
        return app
    made = copy(app)
    made.registered_commands = commands
    made.registered_groups = [copy(each) for each in groups]
    for group in made.registered_groups:
        if group.typer_instance is not None:
            group.typer_instance = narrowed(group.typer_instance, rest)
    return made


def _name(command: CommandInfo) -> str:
    """As it is typed: the name that it was given, else its function's."""
    function = command.callback.__name__ if command.callback else ""
    return command.name or function.replace("_", "-")
