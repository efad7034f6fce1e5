"""Previous is the last revision that served well, and every other one is told why it is not."""

from __future__ import annotations

import pytest

from hrmsops.errors.rollback import NoEligibleRevision, RevisionNotEligible, RevisionUnknown
from hrmsops.gcp.traffic import LATEST, Target, Traffic
from hrmsops.rollback.candidates import choose
from hrmsops.rollback.history import History
from tests.rollback.facts import NOON, facts, revision, shares


def test_without_any_record_the_newest_ready_one_before_is_inferred() -> None:
    choice = choose(facts(revision(1), revision(2), revision(3)), "previous")
    assert choice.revision.name == "api-00002"
    assert choice.evidence.startswith("inferred")


def test_a_revision_that_a_run_saw_healthy_wins_over_a_newer_one() -> None:
    seen = History(seen_healthy={"api-00001": NOON})
    choice = choose(facts(revision(1), revision(2), revision(3), history=seen), "previous")
    assert choice.revision.name == "api-00001"
    assert choice.evidence == "a run saw it healthy under traffic at 2026-11-23 12:00 UTC"
    assert [skipped.sentence() for skipped in choice.skipped] == [
        "api-00002: nothing on record shows that it served healthy traffic"
    ]


def test_of_several_seen_healthy_the_one_seen_last_wins() -> None:
    seen = History(seen_healthy={"api-00001": NOON.replace(hour=14), "api-00002": NOON})
    choice = choose(facts(revision(1), revision(2), revision(3), history=seen), "previous")
    assert choice.revision.name == "api-00001"


def test_the_tag_last_good_is_evidence_where_no_run_is() -> None:
    tagged = Traffic.of(
        [Target(revision=LATEST, percent=100), Target(revision="api-00001", tag="last-good")]
    )
    choice = choose(facts(revision(1), revision(2), revision(3), traffic=tagged), "previous")
    assert choice.revision.name == "api-00001"
    assert choice.evidence == "it carries the tag last-good"


def marked(name: str) -> Traffic:
    return Traffic.of(
        [Target(revision=LATEST, percent=100), Target(revision=name, tag="last-good")]
    )


def test_a_tag_that_another_machine_set_is_newer_than_our_record() -> None:
    """CI marks each deploy; a laptop whose last run was in March knows of none of them."""
    seen = History(seen_healthy={"api-00001": NOON})
    three = (revision(1), revision(2), revision(3))
    choice = choose(facts(*three, traffic=marked("api-00002"), history=seen), "previous")
    assert choice.revision.name == "api-00002"


def test_what_a_run_saw_after_it_set_the_tag_is_newer_than_the_tag() -> None:
    """A run that could check a revision, and then could not move the tag to it."""
    seen = History(seen_healthy={"api-00001": NOON, "api-00002": NOON.replace(hour=14)})
    three = (revision(1), revision(2), revision(3))
    choice = choose(facts(*three, traffic=marked("api-00001"), history=seen), "previous")
    assert choice.revision.name == "api-00002"


def test_what_is_not_ready_is_passed_over_with_its_reason() -> None:
    broken = revision(2, trouble="its image is gone")
    choice = choose(facts(revision(1), broken, revision(3)), "previous")
    assert choice.revision.name == "api-00001"
    assert choice.skipped[0].sentence() == "api-00002: not Ready: its image is gone"


def test_a_revision_on_a_superseded_database_is_passed_over() -> None:
    elsewhere = revision(2, instance="nhia-hrms:us-central1:pg-0000")
    choice = choose(facts(revision(1), elsewhere, revision(3)), "previous")
    assert choice.revision.name == "api-00001"
    assert "bound to database nhia-hrms:us-central1:pg-0000" in choice.skipped[0].reason


def test_what_was_rolled_away_from_is_passed_over_but_can_be_named() -> None:
    known = facts(revision(1), revision(2), revision(3), history=History(left={"api-00002": "r1"}))
    assert choose(known, "previous").revision.name == "api-00001"
    assert choose(known, "api-00002").revision.name == "api-00002"


def test_after_a_rollback_previous_goes_further_back() -> None:
    pinned = shares(api_00002=100)
    choice = choose(facts(revision(1), revision(2), revision(3), traffic=pinned), "previous")
    assert choice.revision.name == "api-00001"


def test_a_bad_canary_is_rolled_back_to_the_revision_beside_it() -> None:
    split = shares(api_00002=90, api_00003=10)
    choice = choose(facts(revision(1), revision(2), revision(3), traffic=split), "previous")
    assert choice.revision.name == "api-00002"


def test_the_oldest_revision_has_nothing_before_it() -> None:
    with pytest.raises(NoEligibleRevision) as caught:
        choose(facts(revision(1)), "previous")
    assert caught.value.why == "The serving revision is the oldest there is."


def test_when_all_are_ruled_out_each_reason_is_told() -> None:
    with pytest.raises(NoEligibleRevision) as caught:
        choose(facts(revision(1, trouble="no image"), revision(2)), "previous")
    assert caught.value.why == "api-00001: not Ready: no image"


def test_a_name_that_is_not_there_gets_its_neighbours() -> None:
    with pytest.raises(RevisionUnknown) as caught:
        choose(facts(revision(1), revision(2)), "api-0002")
    assert "api-00002" in caught.value.why


def test_a_named_revision_that_cannot_serve_is_refused() -> None:
    with pytest.raises(RevisionNotEligible) as caught:
        choose(facts(revision(1, trouble="no image"), revision(2)), "api-00001")
    assert caught.value.exit_code == 3
