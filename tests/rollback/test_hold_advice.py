"""Every branch of the tree that touches data begins with the hold."""

from __future__ import annotations

from typing import Any

import pytest

from hrmsops.gcp.background import Scheduler
from hrmsops.rollback.hold_advice import HoldAdvice, hold_advice
from hrmsops.rollback.known import no, yes
from hrmsops.rollback.questions import QUESTIONS
from hrmsops.rollback.sighting import HoldSeen, Seen
from hrmsops.rollback.tree import recommend
from hrmsops.steps.hold.facts import HoldFacts
from hrmsops.steps.hold.held import SCHEDULER, Held, Hold
from tests.rollback.facts import NOON

ON = "hrmsops hold on -e production"
MAILS = "projects/p/locations/l/jobs/mails"


def _scheduler(state: str) -> HoldFacts:
    known: dict[str, Any] = dict.fromkeys(Scheduler.__struct_fields__, "")
    return HoldFacts(schedulers=(Scheduler(**known | {"name": MAILS, "state": state}),))


def _held() -> Hold:
    item = Held(kind=SCHEDULER, name=MAILS, run="261123-090000-aaaa", by="oncall", since=NOON)
    return Hold(
        items=(item,), since=NOON, reason="wrong", cancelled=(), unfinished=(), recoveries=()
    )


def _advice(seen: Seen[HoldSeen], *no_to: str) -> HoldAdvice:
    """Of a tree in which every question is answered with yes, but for those of `no_to`."""
    said = {each.id: no("") if each.id in no_to else yes("") for each in QUESTIONS}
    return hold_advice(seen, recommend(said), environment="production")


def _seen(facts: HoldFacts, hold: Hold | None = None, why: str = "") -> Seen[HoldSeen]:
    return Seen(value=HoldSeen(hold=hold, facts=facts, record_unknown=why))


@pytest.mark.parametrize("no_to", [(), ("reverse-repairs",), ("database-answers",)])
def test_each_branch_that_touches_data_begins_with_the_hold(no_to: tuple[str, ...]) -> None:
    found = _advice(_seen(_scheduler("ENABLED")), *no_to)
    assert (found.is_on, found.first) == (False, ON)
    assert found.evidence == "no; at work: scheduler mails"


def test_errors_of_the_application_alone_need_no_hold() -> None:
    assert _advice(_seen(_scheduler("ENABLED")), "data-is-damaged").first == ""


def test_wrong_data_is_held_also_where_no_way_back_is_open() -> None:
    closed = ("reverse-repairs", "window-reaches-harm", "backup-is-good")
    assert _advice(_seen(_scheduler("ENABLED")), *closed).first == ON


def test_what_is_held_already_says_since_when_and_by_whom() -> None:
    found = _advice(_seen(_scheduler("PAUSED"), _held()))
    assert (found.is_on, found.since, found.first) == (True, NOON, "")
    assert found.evidence == (
        "yes, since 2026-11-23 12:00:00 UTC by run 261123-090000-aaaa (wrong); "
        "nothing works by itself"
    )


def test_what_somebody_let_go_on_is_held_again() -> None:
    found = _advice(_seen(_scheduler("ENABLED"), _held()))
    assert (found.is_on, found.first) == (True, ON)
    assert found.evidence.endswith("; at work: scheduler mails")


def test_what_nobody_could_look_at_is_unknown_and_held_all_the_same() -> None:
    found = _advice(Seen(value=None, why="No answer within 6 s."))
    assert (found.is_on, found.evidence, found.first) == (
        None,
        "unknown: No answer within 6 s.",
        ON,
    )
    lost = _advice(_seen(_scheduler("ENABLED"), why="The record is down."))
    assert (lost.is_on, lost.first) == (None, ON)


def test_where_nothing_is_named_nothing_is_proposed() -> None:
    found = _advice(_seen(HoldFacts()))
    assert (found.is_on, found.first) == (False, "")
    assert found.evidence == "no; [environments.production.hold] names nothing that is there"
