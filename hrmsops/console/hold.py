"""What is on hold and what works on, as a screen and as JSON."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, cast

import msgspec

from hrmsops.console import output
from hrmsops.console.ages import age
from hrmsops.gcp.background import ENABLED, RUNNING
from hrmsops.gcp.resources import short
from hrmsops.steps.hold.held import POOL, QUEUE, SCHEDULER
from hrmsops.steps.hold.words import nothing_to_hold

if TYPE_CHECKING:
    from datetime import datetime

    from hrmsops.config import Environment
    from hrmsops.console.documents.looks import HeldNow, HoldDocument
    from hrmsops.gcp.traffic import Traffic
    from hrmsops.steps.hold.facts import HoldFacts
    from hrmsops.steps.hold.held import Held, Hold

_WORKS = (ENABLED, RUNNING)
States = dict[tuple[str, str], str]
"""How each thing stands, by its kind and name."""
_GONE = "gone, or no longer configured"


def document(
    hold: Hold | None, facts: HoldFacts, *, traffic: Traffic | None = None
) -> HoldDocument:
    """The hold as JSON values, with how each thing stands now; `traffic` where it has moved it."""
    states = _states(hold, facts, traffic)
    held = [
        {**msgspec.to_builtins(item), "now": states.get((item.kind, item.name), "")}
        for item in (hold.items if hold else ())
    ]
    return {
        "is_on": hold is not None,
        "since": hold.since.isoformat() if hold else None,
        "reason": hold.reason if hold else "",
        "held": cast("list[HeldNow]", held),
        "works": [{"kind": kind, "name": name, "now": now} for kind, name, now in _working(facts)],
        "cancelled": list(hold.cancelled) if hold else [],
        "unfinished": [run for run, _command in hold.unfinished] if hold else [],
        "missing": list(facts.missing),
    }


def show(
    hold: Hold | None,
    facts: HoldFacts,
    *,
    environment: Environment,
    now: datetime,
    traffic: Traffic | None = None,
) -> None:
    """Whether it is on hold, what is, what works on, and the command that lets it go on."""
    if hold is None:
        output.result(f"{environment.name} is not on hold.")
    else:
        _tell(hold, _states(hold, facts, traffic), environment, now)
    if working := _working(facts):
        output.result("Works on:" if hold else "Would be held:", style="warning" if hold else "")
        output.table(("", "name", "now"), [(k, short(name), state) for k, name, state in working])
    elif facts.is_empty and hold is None:
        output.result(f"{nothing_to_hold(environment)}.", style="warning")
    for each in facts.missing:
        output.say(f"There is no {each}, or you may not see it.", style="warning")
    verb = "off" if hold else "on"
    line = shlex.join(["hrmsops", "hold", verb, "-e", environment.name])
    output.command("Let go: " if hold else "Hold:   ", line)


def _tell(hold: Hold, states: States, environment: Environment, now: datetime) -> None:
    since = f"{hold.since:%Y-%m-%d %H:%M:%S} UTC ({age(now - hold.since)})"
    output.result(f"{environment.name} is ON HOLD since {since}: {hold.reason}", style="warning")
    rows = [
        (item.kind, short(item.name), f"{item.since:%H:%M:%S}", _now(item, states))
        for item in hold.items
    ]
    output.table(("", "name", "since", "now"), rows)
    who = ", ".join(dict.fromkeys(item.by for item in hold.items))
    output.result(f"By {who}, run {', '.join(hold.runs)}.", style="quiet")
    for name in hold.cancelled:
        output.result(f"{name} was cancelled; nothing starts it again by itself.", style="quiet")
    for run, command in hold.unfinished:
        output.result(f"Run {run} ({command}) is unfinished.", style="warning")


def _now(item: Held, states: States) -> str:
    state = states.get((item.kind, item.name), _GONE)
    if item.moved is not None:
        return state if state == item.moved.sentence() else f"{state}: somebody moved it"
    is_on = state in _WORKS or (item.kind == POOL and state not in (_size(0), _GONE))
    return f"{state}: somebody let it go on" if is_on else state


def _size(instances: int) -> str:
    return f"{instances} instance{'' if instances == 1 else 's'}"


def _states(hold: Hold | None, facts: HoldFacts, traffic: Traffic | None) -> States:
    moved = [item for item in (hold.items if hold else ()) if item.moved]
    return {
        **{(item.kind, item.name): traffic.sentence() for item in moved if traffic},
        **{(SCHEDULER, each.name): each.state for each in facts.schedulers},
        **{(QUEUE, each.name): each.state for each in facts.queues},
        **{(POOL, each.name): _size(each.instances) for each in facts.pools},
    }


def _working(facts: HoldFacts) -> list[tuple[str, str, str]]:
    return [
        *((SCHEDULER, each.name, f"{each.state}, {each.schedule}") for each in facts.enabled),
        *((QUEUE, each.name, each.state) for each in facts.running),
        *((POOL, each.name, _size(each.instances)) for each in facts.working),
        *(("execution", each.name, f"running, of {short(each.job)}") for each in facts.executions),
    ]
