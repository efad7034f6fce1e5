"""The command to type next, as complete as the one that was typed before."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

TAKE_ENV = ("status", "doctor", "migrate", "migrations", "rollback", "unpin", "hold")
TAKE_CONFIG = (*TAKE_ENV, "replay", "resume", "abandon")
ENV_FLAGS = ("--env", "-e")
CONFIG_FLAGS = ("--config",)


def completed(command: str, *, env: str | None, config: Path | str | None) -> str:
    """`command` with the environment and the configuration that were typed, where it lacks them.

    What is not a command of hrmsops, such as a sentence, stays as it is.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    if words[:1] != ["hrmsops"] or "--help" in words:
        return command
    if env and words[1:2] and words[1] in TAKE_ENV and not _value(words, ENV_FLAGS):
        command += f" -e {shlex.quote(env)}"
    if config and set(words[1:3]) & set(TAKE_CONFIG) and not _value(words, CONFIG_FLAGS):
        command += f" --config {shlex.quote(str(config))}"
    return command


def completed_as_typed(command: str, typed: Sequence[str]) -> str:
    """The same, from the words of the command line that came before."""
    return completed(command, env=_value(typed, ENV_FLAGS), config=_value(typed, CONFIG_FLAGS))


def _value(words: Sequence[str], flags: tuple[str, ...]) -> str | None:
    """What follows one of `flags`, also in the forms `--flag=value` and `-fvalue`."""
    for word, after in zip(words, [*words[1:], ""], strict=True):
        for flag in flags:
            if word == flag:
                return after or None
            joined = f"{flag}=" if flag.startswith("--") else flag
            if word.startswith(joined) and not (joined == flag and word.startswith("--")):
                return word[len(joined) :].removeprefix("=")
    return None
