"""`rollback app` against a service that runs: what changes is what the plan named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.doctor.witness import only_what_is_listed
from tests.rollback.production import LATEST, Production, to

FILE = "hrmsops.toml"


def test_all_traffic_goes_to_the_revision_before(production: Production) -> None:
    first, second = production.revisions

    with only_what_is_listed(production.client, production.folder / FILE, "rollback app"):
        ended = production.rollback()

    assert ended.code == 0, ended.err + ended.out
    assert (ended.document["from"], ended.document["to"]) == (second, first)
    assert ended.document["outcome"] == "done"
    assert production.shares == {first: 100}
    assert production.answers() == first
    assert production.tags == {"last-good": first}


def test_a_run_changes_nothing_but_the_traffic_that_its_plan_named(production: Production) -> None:
    before = production.client.state()

    production.rollback()

    after = production.client.state()
    assert _different(before, after) == {
        ("services", production.service): {
            # What was asked for and what is true.
            "traffic",
            "trafficStatuses",
            # What every change of a service moves.
            "generation",
            "observedGeneration",
            "etag",
            "updateTime",
            "conditions",
            "terminalCondition",
        }
    }


def _named(state: dict[str, Any], kind: str) -> dict[str, Any]:
    return {str(doc.get("name", doc.get("id", ""))): doc for doc in _documents(state, kind)}


def _documents(state: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = state.get(kind, [])
    return list(found.values()) if isinstance(found, dict) else list(found)


def _different(before: dict[str, Any], after: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    """The fields that differ, by kind and short name; operations and activity do not count."""
    found = {}
    for kind in ("services", "revisions", "jobs", "executions"):
        was, is_ = _named(before, kind), _named(after, kind)
        for name in was.keys() | is_.keys():
            one, other = was.get(name, {}), is_.get(name, {})
            fields = {f for f in one.keys() | other.keys() if one.get(f) != other.get(f)}
            if kind == "revisions":
                # Which revision is active follows from the traffic.
                fields -= {"conditions", "etag", "reconciling", "updateTime", "generation"}
            if fields:
                found[kind, name.rpartition("/")[2]] = fields
    return found


def test_tags_that_others_set_are_kept(production: Production) -> None:
    first, second = production.revisions
    production.set_traffic(LATEST, to(second, 0, "canary"))

    production.rollback()

    assert production.tags == {"canary": second, "last-good": first}


def test_a_second_rollback_to_the_same_revision_has_nothing_to_shift(
    production: Production,
) -> None:
    first, _ = production.revisions
    production.rollback()
    patches = len(production.calls())

    ended = production.rollback("--revision", first)

    assert ended.code == 0
    assert len(production.calls()) == patches


def test_the_undo_command_takes_it_back(production: Production) -> None:
    _, second = production.revisions
    undo = production.rollback().document["undo"]

    ended = production.hrmsops(
        "rollback", "app", "-e", "production", "--revision", second, "--reason", "undo", "--yes"
    )

    assert f"--revision {second}" in undo
    assert ended.code == 0, ended.err
    assert production.shares == {second: 100}


def test_a_revision_that_was_given_its_traffic_back_can_be_left_again(
    production: Production,
) -> None:
    """To undo a rollback says nothing bad of the revision that it leaves."""
    first, second = production.revisions
    production.rollback()
    production.rollback("--revision", second)

    again = production.rollback()

    assert again.code == 0, again.out
    assert production.shares == {first: 100}


def test_a_dry_run_changes_nothing_and_asks_cloud_run(production: Production) -> None:
    before = production.document

    ended = production.rollback("--dry-run")

    assert ended.code == 0, ended.err
    assert ended.document["rehearsed"] == ["Cloud Run would accept the new traffic (validateOnly)."]
    assert production.document == before


@pytest.mark.slow
def test_a_candidate_that_is_unwell_gets_no_traffic(production: Production) -> None:
    unwell = production.deploy(ANSWER="503")
    production.deploy()
    before = production.document

    ended = production.rollback("--revision", unwell)

    assert ended.code == 3
    assert ended.document["failure"]["code"] == "candidate-unhealthy"
    assert production.document["traffic"] == [LATEST]
    assert production.document["trafficStatuses"] == before["trafficStatuses"]


@pytest.mark.slow
def test_an_unwell_candidate_can_be_accepted_and_is_then_told(production: Production) -> None:
    unwell = production.deploy(ANSWER="503")
    production.deploy()

    ended = production.rollback("--revision", unwell, "--accept", "candidate-unhealthy")

    assert ended.code == 7
    assert ended.document["failure"]["code"] == "health-check-failed"
    assert production.shares == {unwell: 100}
    assert production.tags.get("last-good") is None


@pytest.mark.parametrize("answer", ["400", "403", "404"])
def test_a_tag_that_does_not_let_us_in_is_no_verdict(production: Production, answer: str) -> None:
    closed = production.deploy(ANSWER=answer)
    production.deploy()

    ended = production.rollback("--revision", closed)

    assert ended.code == 0, ended.out
    verdicts = [step["result"].get("verdict") for step in ended.document["steps"]]
    assert verdicts.count("unprobed") == 2
    assert "last-good" not in production.tags


def test_a_deploy_that_was_marked_good_is_what_previous_means(production: Production) -> None:
    """Without the mark the newest before it would be taken, which nobody ever saw well."""
    _, second = production.revisions
    with only_what_is_listed(production.client, production.folder / FILE, "mark-good"):
        marked = production.hrmsops("mark-good", "-e", "production", "--yes", "--json")
    production.deploy()
    production.deploy()

    ended = production.rollback()

    assert marked.code == 0, marked.err
    assert marked.document["to"] == second
    assert ended.code == 0, ended.out
    assert ended.document["to"] == second


def test_what_could_not_be_probed_is_not_marked(production: Production) -> None:
    production.deploy(ANSWER="404")
    ended = production.hrmsops("mark-good", "-e", "production", "--yes", "--json")
    assert ended.code == 0, ended.err
    assert production.tags == {}


def test_shared_traffic_marks_nobody(production: Production) -> None:
    first, second = production.revisions
    production.set_traffic(to(first, 50), to(second, 50))
    ended = production.hrmsops("mark-good", "-e", "production", "--yes", "--json")
    assert ended.code == 3
    assert ended.document["error"]["code"] == "serving-is-shared"


def test_pinned_traffic_is_given_back_by_unpin_once_a_fix_is_there(production: Production) -> None:
    first, _ = production.revisions
    production.rollback()

    refused = production.hrmsops(
        "unpin", "-e", "production", "--reason", "again", "--yes", "--json"
    )
    fix = production.deploy()
    held = production.shares
    words = ("unpin", "-e", "production", "--reason", "fixed", "--yes", "--json")
    with only_what_is_listed(production.client, production.folder / FILE, "unpin"):
        ended = production.hrmsops(*words)

    assert refused.code == 3
    assert refused.document["error"]["code"] == "latest-was-rolled-back"
    assert held == {first: 100}
    assert ended.code == 0, ended.out
    assert production.shares == {fix: 100}


def test_status_says_what_serves_and_that_it_is_pinned(production: Production) -> None:
    first, second = production.revisions
    production.rollback()

    ended = production.hrmsops("status", "-e", "production", "--json")

    assert ended.document["serving"] == f"100 % to {first}"
    assert ended.document["is_pinned"] is True
    by_name = {revision["name"]: revision for revision in ended.document["revisions"]}
    assert by_name[first]["health"] == "healthy"
    assert by_name[second]["left_by_run"] != ""
    assert by_name[first]["creator"] != ""


def test_the_screen_of_status_fits_in_a_pipe(production: Production) -> None:
    ended = production.hrmsops("status", "-e", "production")
    assert f"serving  100 % to {production.revisions[1]}" in ended.out
    assert "[PRODUCTION]" in ended.err


def test_an_approved_plan_is_applied(production: Production) -> None:
    first, _ = production.revisions
    words = ("rollback", "app", "-e", "production")
    written = production.hrmsops(*words, "--reason", "Error spike", "--plan-out", "plan.json")
    assert written.code == 0, written.err
    assert production.shares != {first: 100}

    ended = production.hrmsops(*words, "--plan", "plan.json", "--json")

    assert ended.code == 0, ended.err
    assert (
        ended.document["plan"] == json.loads((production.folder / "plan.json").read_text())["hash"]
    )
    assert production.shares == {first: 100}


def test_an_approved_plan_is_stale_after_a_deploy(production: Production) -> None:
    words = ("rollback", "app", "-e", "production")
    production.hrmsops(*words, "--reason", "Error spike", "--plan-out", "plan.json")
    newest = production.deploy()

    ended = production.hrmsops(*words, "--plan", "plan.json", "--json")

    assert ended.code == 5
    assert ended.document["error"]["code"] == "plan-changed"
    assert f"from: {production.revisions[1]} is now {newest}" in ended.document["error"]["why"]
    assert production.shares == {newest: 100}


def test_without_a_terminal_nothing_prompts(production: Production) -> None:
    ended = production.hrmsops("rollback", "app", "-e", "production", "--reason", "x")
    assert ended.code == 2
    assert "Add --yes" in ended.err


def test_without_a_reason_nothing_is_done(production: Production) -> None:
    ended = production.hrmsops("rollback", "app", "-e", "production", "--yes")
    assert ended.code == 2
    assert "--reason" in ended.err


def test_a_plain_pipe_reads_a_line_for_each_step(production: Production) -> None:
    ended = production.hrmsops("rollback", "app", "-e", "production", "--reason", "x", "--yes")
    assert ended.code == 0
    assert "3/5 Shift traffic of" in ended.err
    assert ended.out.startswith("Done in ")
    assert "Take back: hrmsops rollback app -e production --revision" in ended.out


def test_runs_lists_and_shows_what_was_done(production: Production) -> None:
    run = production.rollback().document["run"]
    listed = production.hrmsops("runs", "--json").document["runs"]
    shown = production.hrmsops("runs", "show", run)
    assert [each["run"] for each in listed] == [run]
    assert "closed: done" in shown.out
