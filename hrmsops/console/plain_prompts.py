"""Questions on a terminal that knows nothing but lines (TERM=dumb): answered by a line as well."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Sequence

from hrmsops.console import output, theme


def are_needed() -> bool:
    """Whether no cursor can be moved where people are asked."""
    return theme.talk().is_dumb_terminal


def yes(question: str, *, default: bool) -> bool:
    """An empty line is the default; an end of input is a no."""
    while (typed := _line(f"{question} ({'Y/n' if default else 'y/N'})")) is not None:
        if not typed:
            return default
        if typed.lower() in ("y", "yes", "n", "no"):
            return typed.lower().startswith("y")
        output.say("Type y or n.")
    return False


def text(question: str, *, proposal: str, accepted: Callable[[str], bool | str]) -> str | None:
    """A line that is `accepted`, else why it is not is said; None at the end of input."""
    shown = f"{question} [{proposal}]" if proposal else question
    while (typed := _line(shown)) is not None:
        answer = typed or proposal
        if (verdict := accepted(answer)) is True:
            return answer
        output.say(str(verdict), style="warning")
    return None


def secret(question: str) -> str | None:
    """A line that is not shown; None at the end of input."""
    try:
        return getpass.getpass(f"{question} ", stream=sys.stderr)
    except EOFError:
        return None


def choice(question: str, labels: Sequence[str], *, default: int) -> int | None:
    """The index of one, chosen by its number from 1 on; an empty line is the default's."""
    for number, label in enumerate(labels, start=1):
        output.say(f" {'»' if number == default + 1 else ' '} {number} {label}")
    while (typed := _line(f"{question} Its number [{default + 1}]:")) is not None:
        if not typed:
            return default
        if typed.isdecimal() and 1 <= int(typed) <= len(labels):
            return int(typed) - 1
        output.say(f"Type a number from 1 to {len(labels)}.")
    return None


def _line(question: str) -> str | None:
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    typed = sys.stdin.readline()
    return typed.strip() if typed else None
