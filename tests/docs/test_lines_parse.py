"""Whatever the docs have one type is understood by the command line of today."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer

from hrmsops.cli import app, spelled_out
from hrmsops.commands.check_words import understood
from hrmsops.errors import HrmsopsError
from tests.docs.lines import Line, commands, fixes, lines

FLOOR = 250
"""There are more; far fewer would mean that the pages are read wrongly."""
FOR = {
    "…": "261123-104512-7f3a",
    "RUN": "261123-104512-7f3a",
    "TIME": "2026-11-23T09:14:00Z",
}
"""What stands for a value: each is replaced by one that can be parsed."""


@pytest.fixture(scope="module")
def root() -> Any:
    return typer.main.get_command(app)


def parsed(command: Any, words: list[str]) -> None:
    """Let each group on the way to the command, and the command, parse what is theirs."""
    context = command.make_context("hrmsops", words)
    while hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        name, command, words = command.resolve_command(context, rest)
        context = command.make_context(name, words, parent=context)


def problem(root: Any, line: Line) -> str:
    """What is wrong with a line, or nothing."""
    words = spelled_out([FOR.get(word, word) for word in line.words[1:]])
    try:
        if understood(words) is None:
            parsed(root, words)
    except typer.Exit:  # --help has been shown.
        return ""
    except typer.TyperException as wrong:
        lacks = re.match("Missing|Option '.*' requires", str(wrong))
        return "" if lacks and not line.is_whole else f"{line.place} {line.text}: {wrong}"
    except HrmsopsError as wrong:
        return f"{line.place} {line.text}: {wrong}"
    return ""


def test_every_command_line_of_the_docs_is_understood(root: Any) -> None:
    found = lines()

    assert len(found) > FLOOR
    assert [wrong for line in found if (wrong := problem(root, line))] == []


def test_every_command_that_mends_an_error_is_understood(root: Any) -> None:
    found = fixes()

    assert len(found) > 80
    assert [wrong for line in found if (wrong := problem(root, line))] == []


@pytest.mark.parametrize(
    ("shell", "typed"),
    [
        ("$ x", []),
        ("hrmsops runs   # of all", [("hrmsops", "runs")]),
        ("a && .venv/bin/hrmsops runs", [("hrmsops", "runs")]),
        ("hrmsops runs --json | jq '.x' > f", [("hrmsops", "runs", "--json")]),
        ("python manage.py migrate", [("manage.py", "migrate")]),
        ("hrmsops's own", []),
        ("hrmsops/cli.py", []),
    ],
)
def test_a_line_of_shell_is_read_as_a_shell_would(shell: str, typed: list[tuple[str, ...]]) -> None:
    assert list(commands(shell)) == typed
