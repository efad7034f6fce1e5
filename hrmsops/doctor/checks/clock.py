"""Whether this machine's clock agrees with the cloud's, by which moments are named."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, warning
from hrmsops.doctor.commands import IN_THE_CLOUD
from hrmsops.doctor.words import span

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around

TOKENS_MAX = timedelta(minutes=5)
"""Google takes no login that was signed so far from its own time."""


def look(around: Around) -> timedelta:
    return around.clock_ahead


def judge(ahead: timedelta) -> Finding:
    if not ahead:
        return good("agrees with the cloud's to the second")
    word = "behind" if ahead > timedelta(0) else "ahead of"
    told = f"{span(abs(ahead))} {word} the cloud's"
    mend = "Let it be set: timedatectl set-ntp true"
    return bad(told, mend) if abs(ahead) > TOKENS_MAX else warning(told, mend)


CHECK = Check(
    title="clock",
    topic=Topic.MACHINE,
    place=3,
    asks="Does this machine's clock agree with the cloud's?",
    commands=IN_THE_CLOUD,
    look=look,
    judge=judge,
)
