"""What counted requests say about revisions: which served well, and which served at a moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from hrmsops.gcp.resources import Revision
from hrmsops.gcp.samples import Requests, Sample

REQUESTS_MIN = 50
"""Fewer can be probes through a tag; users they are not."""
ERROR_SHARE_MAX = 0.05
SPAN_LAST = timedelta(minutes=5)
"""What tells who served at a moment is the last that was answered by then."""
SAMPLE_MAX = timedelta(minutes=1)


def error_share(sample: Sample) -> float:
    """The part of the requests that failed."""
    return sample.errors / sample.requests if sample.requests else 0.0


def verdict(revision: str, requests: Requests | None) -> str:
    """Why its requests speak against a revision; "" where they speak for it."""
    sample = requests.of(revision) if requests else None
    if sample is None or sample.requests < REQUESTS_MIN:
        return "nothing on record shows that it served healthy traffic"
    if error_share(sample) > ERROR_SHARE_MAX:
        return f"{error_share(sample):.0%} of its {sample.requests} requests failed"
    return ""


def last_well_served(
    could: Sequence[Revision], requests: Requests | None
) -> tuple[Revision, Sample] | None:
    """The one of `could` that served well last, and what it answered; None where none is known."""
    found = [
        (revision, sample)
        for revision in could
        if requests
        and (sample := requests.of(revision.name))
        and not verdict(revision.name, requests)
    ]
    return max(found, key=lambda each: each[1].ended_at, default=None)


def in_words(requests: Requests, revisions: Sequence[str]) -> str:
    """How much of what each revision answered lately has failed, and what that is worth."""
    minutes = round((requests.until - requests.since).total_seconds() / 60)
    told = [
        f"{name}: {error_share(sample):.0%} of {sample.requests:,} failed"
        for name in revisions
        if (sample := requests.of(name))
    ]
    age = requests.age
    if not told or age is None:
        return f"none counted in {minutes} min, which is not the same as no errors"
    return (
        f"{'; '.join(told)} (in {minutes} min; the newest count is {age.total_seconds():.0f} s old)"
    )


def serving_at(requests: Requests | None, at: datetime, *, among: Collection[str]) -> Sample | None:
    """The one of `among` that answered most of the last requests by `at`; None if none is known.

    A sample that holds the moment ends after it.
    """
    by_then = [
        sample
        for sample in (requests.samples if requests else ())
        if sample.revision in among and sample.ended_at <= at + SAMPLE_MAX
    ]
    if not by_then:
        return None
    last = max(sample.ended_at for sample in by_then)
    recent = [sample for sample in by_then if sample.ended_at > last - SPAN_LAST]
    counts: Counter[str] = Counter()
    for sample in recent:
        counts[sample.revision] += sample.requests
    revision, answered = counts.most_common(1)[0]
    ended = max(sample.ended_at for sample in recent if sample.revision == revision)
    errors = sum(sample.errors for sample in recent if sample.revision == revision)
    return Sample(revision=revision, ended_at=ended, requests=answered, errors=errors)
