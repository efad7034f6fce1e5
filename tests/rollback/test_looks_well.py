"""Advice says so where nothing is seen to be wrong, and only there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hrmsops.gcp.samples import Requests, Sample
from hrmsops.rollback.advice import advise
from hrmsops.rollback.sighting import Said, SchemaFacts, Seen, ServingHealth
from tests.rollback.facts import NOON
from tests.rollback.test_answering import sighting

HEALTHY = Seen(value=ServingHealth(verdict="healthy", findings=()))
UNKNOWN: Any = Seen(value=None, why="no answer in 2 s")


def counted(errors: int, *, requests: int = 1_000) -> Seen[Requests]:
    """What the newest revision answered, which serves."""
    sample = Sample(revision="api-00002", ended_at=NOON, requests=requests, errors=errors)
    begin = NOON - timedelta(minutes=30)
    return Seen(value=Requests(asked_at=NOON, since=begin, until=NOON, samples=(sample,)))


def checks(**told: bool) -> Seen[SchemaFacts]:
    return Seen(value=SchemaFacts(applied=(), checks=told, leaves_by_image={}))


def said(known: Said | None = None, **changes: Any) -> str:
    well = {"health": HEALTHY, "requests": counted(1), "schema": checks(sums=True)}
    seen = sighting(**well | changes)
    return advise(seen, known or Said(), None, told={}, environment="production").looks_well


def test_all_that_was_looked_at_is_well() -> None:
    assert said() == "healthy, every check is true, and next to none of its counted requests failed"


@pytest.mark.parametrize(
    "changes",
    [
        {"health": Seen(value=ServingHealth(verdict="unhealthy", findings=("503",)))},
        {"health": UNKNOWN},
        {"requests": counted(300)},
        {"requests": counted(0, requests=10)},
        {"requests": UNKNOWN},
        {"schema": checks(sums=True, names=False)},
        {"schema": UNKNOWN},
        {"known": Said(is_damaged=True)},
    ],
    ids=str,
)
def test_what_is_wrong_or_not_known_is_not_called_well(changes: dict[str, Any]) -> None:
    assert said(**changes) == ""
