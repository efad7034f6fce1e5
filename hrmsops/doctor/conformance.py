"""`doctor --conformance`: the real APIs' answers, beside Google's documents and the sandbox's.

The sandbox's are in `sandbox_answers.json`, made by `python -m tests.doctor.answers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic
from hrmsops.doctor.commands import EVERY

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.gcp.raw_reads import Answer, RawRead

KNOWN = Path(__file__).with_name("sandbox_answers.json")
READS = (
    "services.get",
    "revisions.list",
    "revisions.get",
    "instances.get",
    "connect.get",
    "backupRuns.list",
    "operations.list",
    "users.list",
    "jobs.get",
    "queues.get",
)
SHOWN_MAX = 30


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`known`: fields and kinds as the sandbox gives them. `answer` None: there is none to ask."""

    answer: Answer | None
    known: frozenset[str]


def conformance() -> tuple[Check[Seen], ...]:
    """One check for each call; nothing but reads."""
    known = sandbox_answers()
    return tuple(_check(name, place, known.get(name, ())) for place, name in enumerate(READS))


def sandbox_answers() -> Mapping[str, tuple[str, ...]]:
    """By call, each field that the sandbox's answer has: `name: string`."""
    return msgspec.json.decode(KNOWN.read_bytes(), type=dict[str, tuple[str, ...]])


def reads(around: Around) -> tuple[RawRead, ...]:
    """The calls on this environment."""
    from hrmsops.gcp.raw_reads import raw_reads

    world = around.world
    serving = around.service.service.serving
    return raw_reads(
        world.clients,
        world.environment,
        service=world.service_name,
        revision=f"{world.service_name}/revisions/{serving}",
        instance=around.instance_name,
    )


def judge(seen: Seen) -> Finding:
    """Red where a reader could stumble: against the documents, or of another kind than expected."""
    if seen.answer is None:
        return Finding(state="unknown", says="Not asked: the environment has none.")
    others = _of_another_kind(seen.answer.fields, seen.known)
    if wrong := (*seen.answer.wrong, *others):
        return Finding(
            state="bad",
            says=f"{len(wrong)} places are not as Google describes them, or as the sandbox does",
            mend="Report these lines: an adapter of hrmsops may read them wrongly.",
            more=_few(wrong),
        )
    new = sorted(_names(seen.answer.fields) - _names(seen.known))
    if new:
        return Finding(
            state="good",
            says=f"as described, with {len(new)} fields that the sandbox never gives",
            more=_few(new),
        )
    return Finding(state="good", says="as described, and as in the sandbox")


def _check(name: str, place: int, known: tuple[str, ...]) -> Check[Seen]:
    def look(around: Around) -> Seen:
        found = [each for each in reads(around) if each.name == name]
        return Seen(answer=found[0].ask() if found else None, known=frozenset(known))

    return Check(
        title=name,
        topic=Topic.ANSWERS,
        place=place,
        asks=f"Is the answer of {name} as it is described?",
        commands=EVERY,
        look=look,
        judge=judge,
    )


def _names(fields: frozenset[str]) -> set[str]:
    return {each.rpartition(": ")[0] for each in fields}


def _of_another_kind(given: frozenset[str], known: frozenset[str]) -> tuple[str, ...]:
    kinds: dict[str, set[str]] = {}
    for each in known:
        name, _, kind = each.rpartition(": ")
        kinds.setdefault(name, set()).add(kind)
    told = (each.rpartition(": ") for each in sorted(given))
    return tuple(
        f"{name} is a {kind}, in the sandbox a {' or '.join(sorted(kinds[name]))}"
        for name, _, kind in told
        if name in kinds and kind not in kinds[name]
    )


def _few(lines: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    more = len(lines) - SHOWN_MAX
    return (*lines[:SHOWN_MAX], *([f"… and {more} more"] if more > 0 else []))
