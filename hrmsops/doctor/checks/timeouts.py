"""Whether a migration of ours could hold up everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, warning
from hrmsops.doctor.commands import SCHEMA
from hrmsops.doctor.words import span

if TYPE_CHECKING:
    from hrmsops.config.settings import Timeouts
    from hrmsops.doctor.around import Around

LOCK_MAX = timedelta(seconds=10)
STATEMENT_MAX = timedelta(minutes=5)
"""Longer than this is for the one migration that needs it: `--timeout`."""


def look(around: Around) -> Timeouts:
    return around.world.config.timeouts


def judge(timeouts: Timeouts) -> Finding:
    told = f"statement {span(timeouts.statement)}, lock {span(timeouts.lock)}"
    if not timeouts.lock or not timeouts.statement:
        return bad(f"{told}: zero is no limit at all", "Set [timeouts] in hrmsops.toml.")
    if timeouts.lock > LOCK_MAX:
        return warning(
            f"{told}: whoever uses a table waits as long as we wait for it",
            'Set lock = "10s" in [timeouts] of hrmsops.toml.',
        )
    if timeouts.statement > STATEMENT_MAX:
        return warning(
            f"{told}: a statement may hold its locks that long",
            'Set statement = "30s" in [timeouts]; --timeout is for the one that takes longer.',
        )
    return good(told)


CHECK = Check(
    title="timeouts",
    topic=Topic.DATABASE,
    place=4,
    asks="Are statement and lock timeouts short enough that nobody waits long for us?",
    commands=SCHEMA,
    look=look,
    judge=judge,
)
