"""Whether the hold comes first: every branch that touches data begins with it. Pure."""

from __future__ import annotations

import shlex
from datetime import datetime

import msgspec

from hrmsops.gcp.resources import short
from hrmsops.rollback import questions as q
from hrmsops.rollback.sighting import HoldSeen, Seen
from hrmsops.rollback.tree import Recommendation
from hrmsops.steps.hold.facts import HoldFacts
from hrmsops.steps.hold.held import Hold

OF_DATA = ("migration", "pitr", "backup")
SHOWN_MAX = 3


class HoldAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """`is_on` None: nobody could tell. `first` is the command to begin with, "" where none is."""

    is_on: bool | None
    since: datetime | None
    evidence: str
    first: str


def hold_advice(
    seen: Seen[HoldSeen], recommendation: Recommendation, *, environment: str
) -> HoldAdvice:
    """What is wrong must not go on paying and mailing while its cause is mended.

    Also where no way back is open: wrong data does harm until it is mended forwards.
    """
    found = seen.value
    works = working(found.facts) if found else ()
    is_due = bool(works) if found else True
    return HoldAdvice(
        is_on=_is_on(found),
        since=found.hold.since if found and found.hold else None,
        evidence=_in_words(found, works, environment) if found else f"unknown: {seen.why}",
        first=_command(environment) if is_due and _touches_data(recommendation) else "",
    )


def working(facts: HoldFacts) -> tuple[str, ...]:
    """What a hold would stop now."""
    return (
        *(f"scheduler {short(each.name)}" for each in facts.enabled),
        *(f"queue {short(each.name)}" for each in facts.running),
        *(f"worker pool {short(each.name)}" for each in facts.working),
    )


def _touches_data(recommendation: Recommendation) -> bool:
    is_damaged = any(a.answer and a.question == q.DATA_IS_DAMAGED for a in recommendation.path)
    return is_damaged or recommendation.kind in OF_DATA


def _is_on(found: HoldSeen | None) -> bool | None:
    if found is None or (found.hold is None and found.record_unknown):
        return None
    return found.hold is not None


def _in_words(found: HoldSeen, works: tuple[str, ...], environment: str) -> str:
    rest = f"; at work: {_some(works)}" if works else ""
    if found.hold:
        return f"yes, {_since(found.hold)}{rest or '; nothing works by itself'}"
    if found.record_unknown:
        return f"unknown: {found.record_unknown}{rest}"
    if works:
        return f"no{rest}"
    if found.facts.is_empty:
        return f"no; [environments.{environment}.hold] names nothing that is there"
    return "no; nothing works by itself"


def _since(hold: Hold) -> str:
    runs = ", ".join(hold.runs)
    return f"since {hold.since:%Y-%m-%d %H:%M:%S} UTC by run {runs} ({hold.reason})"


def _some(works: tuple[str, ...]) -> str:
    more = len(works) - SHOWN_MAX
    return ", ".join([*works[:SHOWN_MAX], *([f"{more} more"] if more > 0 else ())])


def _command(environment: str) -> str:
    return shlex.join(["hrmsops", "hold", "on", "-e", environment])
