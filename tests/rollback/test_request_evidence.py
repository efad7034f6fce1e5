"""Counted requests are evidence: better than the order of creation, weaker than a record."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from hrmsops.gcp.samples import Requests, Sample
from hrmsops.rollback.candidates import choose, has_record
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.history import History
from hrmsops.rollback.request_evidence import in_words, serving_at
from hrmsops.rollback.serving_at import served_at
from tests.rollback.facts import NOON, facts, revision


def sample(number: int, ended_at: datetime, requests: int, errors: int = 0) -> Sample:
    name = f"api-{number:05}"
    return Sample(revision=name, ended_at=ended_at, requests=requests, errors=errors)


def counted(*samples: Sample) -> Requests:
    now = NOON + timedelta(days=1)
    return Requests(asked_at=now, since=NOON, until=now, samples=samples)


def three(requests: Requests | None, *, history: History | None = None) -> ServiceFacts:
    made = facts(revision(1), revision(2), revision(3), history=history)
    return msgspec.structs.replace(made, requests=requests, requests_unknown="no permission")


def test_the_revision_that_served_well_last_wins_over_a_newer_one() -> None:
    later, latest = NOON + timedelta(hours=2), NOON + timedelta(hours=3)
    requests = counted(sample(1, later, 1000, 3), sample(2, latest, 400, 200))
    choice = choose(three(requests), "previous")
    assert choice.revision.name == "api-00001"
    assert choice.evidence == (
        "it answered 1000 requests until 2026-11-23 14:00 UTC, 0.3% of them errors"
        " (Cloud Monitoring)"
    )
    assert [skipped.sentence() for skipped in choice.skipped] == [
        "api-00002: 50% of its 400 requests failed"
    ]


def test_a_few_probes_are_no_users() -> None:
    choice = choose(three(counted(sample(1, NOON, 12))), "previous")
    assert choice.revision.name == "api-00002"
    assert choice.evidence == (
        "inferred: the newest Ready revision before it; neither our record nor Cloud Monitoring"
        " tells what served"
    )


def test_unknown_counts_are_told_and_are_no_evidence() -> None:
    choice = choose(three(None), "previous")
    assert choice.revision.name == "api-00002"
    assert choice.evidence.endswith("its requests are unknown: no permission")


def test_a_record_is_better_than_a_count_and_spares_the_question() -> None:
    seen = History(seen_healthy={"api-00001": NOON})
    known = three(counted(sample(2, NOON, 5000)), history=seen)
    assert has_record(known)
    assert not has_record(three(None))
    assert choose(known, "previous").revision.name == "api-00001"


@pytest.mark.parametrize(("minutes", "expected"), [(0, "api-00001"), (10, "api-00002")])
def test_who_served_at_a_moment_is_who_answered_last(minutes: int, expected: str) -> None:
    requests = counted(
        sample(1, NOON, 100),
        sample(2, NOON + timedelta(minutes=10), 90),
        sample(1, NOON + timedelta(minutes=10), 10),
    )
    among = {each.revision for each in requests.samples}
    found = serving_at(requests, NOON + timedelta(minutes=minutes), among=among)
    assert found is not None
    assert found.revision == expected


def test_nobody_is_known_to_have_served_before_the_first_count() -> None:
    early = NOON - timedelta(minutes=2)
    assert serving_at(counted(sample(1, NOON, 1)), early, among={"api-00001"}) is None
    assert serving_at(None, NOON, among={"api-00001"}) is None


def test_counts_tell_the_revision_for_a_recovery_where_no_run_does() -> None:
    at = NOON + timedelta(hours=5)
    served = served_at(three(counted(sample(1, at, 70))), at, wanted=None)
    assert served.revision.name == "api-00001"
    assert not served.is_inferred
    assert served.evidence == (
        "it answered 70 requests until 2026-11-23 17:00:00 UTC (Cloud Monitoring)"
    )
    assert served_at(three(None), at, wanted=None).is_inferred


def test_a_revision_that_was_made_after_the_moment_did_not_serve_then() -> None:
    """Both answered within the minute that holds the moment, the later one more."""
    made = NOON + timedelta(hours=3)
    ended = made + timedelta(seconds=40)
    requests = counted(sample(2, ended, 60), sample(3, ended, 600))
    before = served_at(three(requests), made - timedelta(seconds=1), wanted=None)
    assert before.revision.name == "api-00002"
    assert served_at(three(requests), ended, wanted=None).revision.name == "api-00003"


def test_lately_is_told_by_revision_with_how_old_the_newest_count_is() -> None:
    lately = counted(sample(3, NOON + timedelta(days=1, minutes=-2), 400, 100))
    half_an_hour = msgspec.structs.replace(lately, since=lately.until - timedelta(minutes=30))
    assert in_words(half_an_hour, ["api-00003", "api-00002"]) == (
        "api-00003: 25% of 400 failed (in 30 min; the newest count is 120 s old)"
    )
    nothing = msgspec.structs.replace(half_an_hour, samples=())
    assert in_words(nothing, ["api-00003"]) == (
        "none counted in 30 min, which is not the same as no errors"
    )
