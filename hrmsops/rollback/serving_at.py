"""Which revision served at a moment: its code fits the schema of that moment."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hrmsops.errors.cutover import ServingUnknown
from hrmsops.errors.rollback import RevisionNotEligible, RevisionUnknown
from hrmsops.gcp.resources import Revision, short
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.history import Served
from hrmsops.rollback.request_evidence import serving_at


class ServedAt(msgspec.Struct, frozen=True, kw_only=True):
    """The revision, the evidence, and whether that is a guess by order of creation."""

    revision: Revision
    evidence: str
    is_inferred: bool


def served_at(facts: ServiceFacts, at: datetime, *, wanted: str | None) -> ServedAt:
    """The revision that was named, else the one that record, counted requests or order tell.

    Which database a revision is bound to does not matter here: a new one is made of it. Raises
    RevisionUnknown, RevisionNotEligible, ServingUnknown.
    """
    if wanted:
        return _named(facts, wanted)
    told = _on_record(facts, at)
    newer = _newest_by(facts, at)
    if told and (told.is_pinned or newer is None or newer.created_at <= told.at):
        revision = facts.revision(told.revision)
        assert revision is not None, "Only revisions that are there are looked for."
        since = f"run {told.run} saw it serve at {told.at:%Y-%m-%d %H:%M} UTC"
        then = "pinned the traffic to it" if told.is_pinned else "none was made after it"
        return ServedAt(revision=revision, evidence=f"{since}, and {then}", is_inferred=False)
    if counted := _in_requests(facts, at):
        return counted
    if newer is None:
        raise ServingUnknown(service=short(facts.service.name), at=at)
    evidence = "inferred: the newest revision that was there then and came up"
    return ServedAt(revision=newer, evidence=evidence, is_inferred=True)


def _on_record(facts: ServiceFacts, at: datetime) -> Served | None:
    """The last time by then that a run saw a revision with all the traffic."""
    seen = [
        each
        for each in facts.history.served
        if each.at <= at and _can_be_made_again(facts.revision(each.revision))
    ]
    return max(seen, key=lambda each: each.at, default=None)


def _in_requests(facts: ServiceFacts, at: datetime) -> ServedAt | None:
    """What Cloud Monitoring counted around the moment, where that was read.

    The sample that holds the moment has requests of later revisions too: they did not serve then.
    """
    there = {each.name for each in facts.revisions if each.created_at <= at}
    sample = serving_at(facts.requests, at, among=there)
    revision = facts.revision(sample.revision) if sample else None
    if sample is None or revision is None or not _can_be_made_again(revision):
        return None
    told = f"it answered {sample.requests} requests until {sample.ended_at:%Y-%m-%d %H:%M:%S} UTC"
    return ServedAt(revision=revision, evidence=f"{told} (Cloud Monitoring)", is_inferred=False)


def _newest_by(facts: ServiceFacts, at: datetime) -> Revision | None:
    return next(
        (each for each in facts.revisions if each.created_at <= at and _can_be_made_again(each)),
        None,
    )


def _can_be_made_again(revision: Revision | None) -> bool:
    return revision is not None and revision.is_ready


def _named(facts: ServiceFacts, wanted: str) -> ServedAt:
    revision = facts.revision(wanted)
    if revision is None:
        near = tuple(each.name for each in facts.revisions[:3])
        raise RevisionUnknown(revision=wanted, near=near)
    if not revision.is_ready:
        why = revision.trouble or "it is being deleted"
        raise RevisionNotEligible(revision=wanted, reason=f"not Ready: {why}")
    return ServedAt(revision=revision, evidence="named by the operator", is_inferred=False)
