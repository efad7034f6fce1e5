"""Which revision served at a moment, and on what evidence."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from hrmsops.errors.cutover import ServingUnknown
from hrmsops.errors.rollback import RevisionNotEligible, RevisionUnknown
from hrmsops.rollback.history import History, Served
from hrmsops.rollback.serving_at import served_at
from tests.rollback.facts import NOON, facts, revision

THREE = (revision(1), revision(2), revision(3))


def seen(number: int, *, hours: float, is_pinned: bool = False) -> Served:
    return Served(
        revision=f"api-{number:05}",
        at=NOON + timedelta(hours=hours),
        run="261123-104512-7f3a",
        is_pinned=is_pinned,
    )


def history(*served: Served) -> History:
    return History(served=served)


def test_without_a_record_it_is_the_newest_of_that_time_and_said_to_be_a_guess() -> None:
    found = served_at(facts(*THREE), NOON + timedelta(hours=2.5), wanted=None)
    assert found.revision.name == "api-00002"
    assert found.is_inferred
    assert found.evidence.startswith("inferred:")


def test_a_run_that_saw_it_serve_is_evidence() -> None:
    told = facts(*THREE, history=history(seen(2, hours=2.2)))
    found = served_at(told, NOON + timedelta(hours=2.5), wanted=None)
    assert found.revision.name == "api-00002"
    assert not found.is_inferred
    assert "run 261123-104512-7f3a saw it serve at 2026-11-23 14:12 UTC" in found.evidence


def test_what_was_deployed_after_the_record_is_taken_and_said_to_be_a_guess() -> None:
    told = facts(*THREE, history=history(seen(1, hours=1.5)))
    found = served_at(told, NOON + timedelta(hours=2.5), wanted=None)
    assert found.revision.name == "api-00002"
    assert found.is_inferred


def test_what_was_deployed_while_the_traffic_was_pinned_got_none() -> None:
    told = facts(*THREE, history=history(seen(1, hours=2.2, is_pinned=True)))
    found = served_at(told, NOON + timedelta(hours=5), wanted=None)
    assert found.revision.name == "api-00001"
    assert "pinned the traffic" in found.evidence


def test_a_record_of_later_says_nothing_of_then() -> None:
    told = facts(*THREE, history=history(seen(3, hours=4)))
    found = served_at(told, NOON + timedelta(hours=2.5), wanted=None)
    assert found.revision.name == "api-00002"


def test_a_revision_that_cannot_be_made_again_is_passed_over() -> None:
    gone = revision(2, trouble="its image is gone")
    told = facts(revision(1), gone, revision(3), history=history(seen(2, hours=2.2)))
    found = served_at(told, NOON + timedelta(hours=2.5), wanted=None)
    assert found.revision.name == "api-00001"
    with pytest.raises(RevisionNotEligible):
        served_at(told, NOON, wanted="api-00002")


def test_the_operator_names_it_whatever_the_record_says() -> None:
    found = served_at(facts(*THREE), NOON, wanted="api-00003")
    assert found.revision.name == "api-00003"
    assert found.evidence == "named by the operator"
    with pytest.raises(RevisionUnknown):
        served_at(facts(*THREE), NOON, wanted="api-00009")


def test_before_the_first_revision_nothing_is_known() -> None:
    with pytest.raises(ServingUnknown):
        served_at(facts(*THREE), NOON, wanted=None)


def test_a_revision_bound_to_a_database_from_before_the_last_cutover_counts_too() -> None:
    old = msgspec.structs.replace(revision(1), instance="nhia-hrms:us-central1:pg-0000")
    found = served_at(facts(old, revision(3)), NOON + timedelta(hours=2), wanted=None)
    assert found.revision.name == "api-00001"
