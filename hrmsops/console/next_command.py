"""The command to type next, as complete as the one that was typed before."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.console.gcloud_line import Place, located, place_of

if TYPE_CHECKING:
    from hrmsops.engine.plan import Plan

_TAKE_BOTH = ("status", "doctor", "migrate", "migrations", "backfill", "table", "seed", "rollback")
TAKE_ENV = (*_TAKE_BOTH, "unpin", "mark-good", "hold")
TAKE_PROXY = (*_TAKE_BOTH, "replay", "resume", "runs abandon", "checklist", "report")
TAKE_CONFIG = (*TAKE_ENV, "replay", "resume", "runs", "checklist", "report", "check")
ENV_FLAGS = ("--env", "-e")
CONFIG_FLAGS = ("--config",)
PROXY_FLAG = "--proxy"
COMMAND = "hrmsops "
THEN = ", then "
"""Between two commands, the second of which is typed after the first."""

_TYPED: ContextVar[Sequence[str]] = ContextVar("typed", default=())
_PLACE: ContextVar[Place | None] = ContextVar("place", default=None)


@contextmanager
def typed(words: Sequence[str]) -> Iterator[None]:
    """Within, `words` is the command line that every command shown is to be as complete as."""
    before = _TYPED.set(words[: words.index("--")] if "--" in words else words)
    nowhere = _PLACE.set(None)
    try:
        yield
    finally:
        _TYPED.reset(before)
        _PLACE.reset(nowhere)


def acts_in(place: Place) -> None:
    """From here on, what is typed acts there: a line for gcloud has to as well."""
    _PLACE.set(place)


def completed(
    command: str, *, env: str | None, config: Path | str | None, proxy: bool = False
) -> str:
    """`command` with the environment, configuration and way that were typed, where it lacks them.

    So are several, and one at the end of a sentence. What else is no command of hrmsops stays as
    it is.
    """
    at = place_in(command)
    parts = command[at:].split(THEN)
    if not all(map(_words, parts)):
        parts = [command[at:]]  # It stands within quotes, as in a reason.
    whole = (_completed(part, env=env, config=config, proxy=proxy) for part in parts)
    return command[:at] + THEN.join(whole)


def place_in(sentence: str) -> int:
    """Where the command begins that ends `sentence` after a colon; 0 where it is all, or none."""
    if sentence.startswith(COMMAND):
        return 0
    before, colon, _ = sentence.rpartition(f": {COMMAND}")
    return len(f"{before}: ") if colon else 0


def _completed(command: str, *, env: str | None, config: Path | str | None, proxy: bool) -> str:
    words = _words(command)
    if words[:1] != ["hrmsops"] or not words[1:] or "--help" in words:
        return command
    takes_env = words[1] in TAKE_ENV or words[1:] == [
        "resume"
    ]  # A run that is named knows its own.
    if env and takes_env and not _value(words, ENV_FLAGS):
        command += f" -e {shlex.quote(env)}"
    if config and words[1] in TAKE_CONFIG and not _value(words, CONFIG_FLAGS):
        command += f" --config {shlex.quote(str(config))}"
    if proxy and {words[1], " ".join(words[1:3])} & set(TAKE_PROXY) and PROXY_FLAG not in words:
        command += f" {PROXY_FLAG}"
    return command


def completed_after(plan: Plan, command: str) -> str:
    """The same after a run of `plan`, which knows its environment and the way that it began by."""
    said = _TYPED.get()
    return completed(
        located(command, place_of(plan.subject.get("service", ""))),
        env=plan.environment,
        config=_value(said, CONFIG_FLAGS),
        proxy=bool(plan.way) or PROXY_FLAG in said,
    )


def completed_as_typed(command: str, words: Sequence[str] | None = None) -> str:
    """The same, from the words of the command line that came before."""
    said = _TYPED.get() if words is None else words
    return completed(
        located(command, _PLACE.get()),
        env=_value(said, ENV_FLAGS),
        config=_value(said, CONFIG_FLAGS),
        proxy=PROXY_FLAG in said,
    )


def _words(command: str) -> list[str]:
    """None where it is no line for a shell."""
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _value(words: Sequence[str], flags: tuple[str, ...]) -> str | None:
    """What follows one of `flags`, also in the forms `--flag=value` and `-fvalue`."""
    for word, after in zip(words, [*words, ""][1:], strict=True):
        for flag in flags:
            if word == flag:
                return after or None
            joined = f"{flag}=" if flag.startswith("--") else flag
            if word.startswith(joined) and not (joined == flag and word.startswith("--")):
                return word[len(joined) :].removeprefix("=")
    return None
