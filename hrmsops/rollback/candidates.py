"""Which revision "previous" means: the last that served well, and why each other one does not."""

from __future__ import annotations

from difflib import get_close_matches

import msgspec

from hrmsops.errors.rollback import NoEligibleRevision, RevisionNotEligible, RevisionUnknown
from hrmsops.gcp.resources import Revision, short
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.request_evidence import error_share, last_well_served, verdict
from hrmsops.steps.cloud_run.tags import LAST_GOOD

PREVIOUS = "previous"
UNSEEN = "nothing on record shows that it served healthy traffic"


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A revision that was passed over, and the reason."""

    revision: str
    reason: str

    def sentence(self) -> str:
        return f"{self.revision}: {self.reason}"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The revision to go back to, on what evidence, and what was passed over on the way."""

    revision: Revision
    evidence: str
    skipped: tuple[Skipped, ...] = ()


def choose(facts: ServiceFacts, wanted: str) -> Choice:
    """The revision `wanted` names: a name, or PREVIOUS.

    Raises RevisionUnknown, RevisionNotEligible, NoEligibleRevision.
    """
    return _previous(facts) if wanted == PREVIOUS else _named(facts, wanted)


def trouble_of(revision: Revision, facts: ServiceFacts) -> str:
    """Why it cannot serve, "" where it can."""
    serving = facts.newest_serving
    if revision.is_deleting:
        return "it is being deleted"
    if revision.trouble:
        return f"not Ready: {revision.trouble}"
    if serving and revision.bound_to != serving.bound_to:
        return f"bound to database {revision.bound_to or 'none'}, not {serving.bound_to or 'none'}"
    return ""


def eligible_before(facts: ServiceFacts) -> tuple[list[Revision], list[Skipped]]:
    """Revisions older than the newest serving one that could serve, newest first; and the rest."""
    serving = facts.newest_serving
    could, skipped = [], []
    for revision in facts.revisions:
        if serving and revision.created_at >= serving.created_at:
            continue
        if reason := trouble_of(revision, facts) or _left(revision, facts):
            skipped.append(Skipped(revision=revision.name, reason=reason))
        else:
            could.append(revision)
    return could, skipped


def _previous(facts: ServiceFacts) -> Choice:
    could, skipped = eligible_before(facts)
    if not could:
        raise NoEligibleRevision(
            service=short(facts.service.name), skipped=tuple(s.sentence() for s in skipped)
        )
    chosen, evidence = _best(could, facts)
    newer = [
        Skipped(revision=r.name, reason=verdict(r.name, facts.requests) or UNSEEN)
        for r in could[: could.index(chosen)]
    ]
    above = [s for s in skipped if _is_newer(s.revision, chosen, facts)]
    return Choice(revision=chosen, evidence=evidence, skipped=(*newer, *above))


def has_record(facts: ServiceFacts) -> bool:
    """Whether a tag or a run tells what served well: then nothing else needs to be asked."""
    could, _skipped = eligible_before(facts)
    marked = dict(facts.service.traffic.tags).get(LAST_GOOD)
    return any(each.name == marked or each.name in facts.history.seen_healthy for each in could)


def _best(could: list[Revision], facts: ServiceFacts) -> tuple[Revision, str]:
    """On the record's evidence, else on that of counted requests, else by order of creation."""
    seen = facts.history.seen_healthy
    marked = dict(facts.service.traffic.tags).get(LAST_GOOD)
    found = next((revision for revision in could if revision.name == marked), None)
    if found and found.name not in seen:
        # Every run that sees a revision well moves the tag: one that is not in this record was
        # set elsewhere (CI, a colleague's machine), and later.
        return found, f"it carries the tag {LAST_GOOD}"
    if seen_here := [revision for revision in could if revision.name in seen]:
        last = max(seen_here, key=lambda revision: seen[revision.name])
        return last, f"a run saw it healthy under traffic at {seen[last.name]:%Y-%m-%d %H:%M} UTC"
    if served := last_well_served(could, facts.requests):
        revision, sample = served
        told = f"it answered {sample.requests} requests until {sample.ended_at:%Y-%m-%d %H:%M} UTC"
        return revision, f"{told}, {error_share(sample):.1%} of them errors (Cloud Monitoring)"
    return could[0], f"inferred: the newest Ready revision before it; {_no_record(facts)}"


def _no_record(facts: ServiceFacts) -> str:
    """Why there is nothing better than the order of creation."""
    if facts.requests is None:
        return f"no record of what served, and its requests are unknown: {facts.requests_unknown}"
    return "neither our record nor Cloud Monitoring tells what served"


def _named(facts: ServiceFacts, wanted: str) -> Choice:
    revision = facts.revision(wanted)
    if revision is None:
        names = [r.name for r in facts.revisions]
        near = get_close_matches(wanted, names, n=3, cutoff=0.4)
        raise RevisionUnknown(revision=wanted, near=tuple(near))
    if reason := trouble_of(revision, facts):
        raise RevisionNotEligible(revision=wanted, reason=reason)
    return Choice(revision=revision, evidence="named by the operator")


def _left(revision: Revision, facts: ServiceFacts) -> str:
    run = facts.left_by(revision.name)
    return f"run {run} rolled away from it" if run else ""


def _is_newer(name: str, than: Revision, facts: ServiceFacts) -> bool:
    revision = facts.revision(name)
    return revision is not None and revision.created_at > than.created_at
