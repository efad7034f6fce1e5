"""`hrmsops checklist`: what can be seen is looked at, what a person did is recorded."""

from __future__ import annotations

from typing import Any

import pytest

from hrmsops.aftermath.items import HEALTH, ITEMS, Answer, Finding, standing
from tests.command_line import end_of, in_terminal
from tests.rollback.production import Production, to

ANSWER = Answer(
    item="health", outcome="done", note="seen", by="ama@nhia.example", at="2026-11-23T10:00:00Z"
)


def test_no_word_settles_that_what_fails_is_well() -> None:
    failed = Finding(item=HEALTH, state="failed", evidence=("/readyz unhealthy (503)",))
    assert standing(HEALTH, failed, ANSWER) == failed


@pytest.mark.parametrize("state", ["open", "unknown"])
def test_a_person_settles_what_cannot_be_seen(state: Any) -> None:
    found = standing(HEALTH, Finding(item=HEALTH, state=state), ANSWER)
    assert (found.state, found.evidence, found.by) == ("done", ("done", "seen"), ANSWER.by)


def test_what_nobody_has_seen_or_done_is_open() -> None:
    assert [standing(item, None, None).state for item in ITEMS] == ["open"] * 8


def test_each_item_of_the_guide_is_shown_and_the_health_is_looked_at(
    production: Production,
) -> None:
    run = production.rollback().document["run"]
    ended = production.hrmsops("checklist", run, "--json")
    assert ended.code == 0, ended.err + ended.out
    states = {each["item"]: each["state"] for each in ended.document["items"]}
    assert states == {
        "health": "done",
        "database": "open",
        "consistency": "open",
        "replayed": "done",
        "hold": "done",
        "notified": "open",
        "report": "open",
        "root-cause": "open",
    }


def test_what_was_done_is_recorded_with_who_and_when(production: Production) -> None:
    run = production.rollback().document["run"]
    words = ("checklist", run, "--done", "root-cause", "--not-needed", "notified")
    production.hrmsops(*words, "--note", "2024.4 has the index", HRMSOPS_ACCOUNT="ama@nhia.example")
    items = production.hrmsops("checklist", run, "--json").document["items"]
    settled = {each["item"]: each for each in items if each["by"] != "hrmsops"}
    assert settled["root-cause"]["evidence"] == ["done", "2024.4 has the index"]
    assert settled["notified"]["evidence"][0] == "not needed"
    assert {each["by"] for each in settled.values()} == {"ama@nhia.example"}


def test_an_item_that_there_is_not_is_refused_and_nothing_is_recorded(
    production: Production,
) -> None:
    run = production.rollback().document["run"]
    ended = production.hrmsops("checklist", run, "--done", "notified", "--done", "helth", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (2, "checklist-item-unknown")
    items = production.hrmsops("checklist", run, "--json").document["items"]
    assert {each["by"] for each in items} == {"hrmsops"}


def test_a_service_that_fails_its_checks_is_said_and_ends_with_7(production: Production) -> None:
    run = production.rollback().document["run"]
    bad = production.deploy(ANSWER="500")
    production.set_traffic(to(bad))
    ended = production.hrmsops("checklist", run, "--done", "health", "--json")
    assert ended.code == 7, ended.out
    assert ended.document["items"][0]["state"] == "failed"
    assert "500" in ended.document["items"][0]["evidence"][0]


def test_in_a_terminal_each_open_item_is_asked(production: Production) -> None:
    run = production.rollback().document["run"]
    terminal = in_terminal(
        *("-m", "hrmsops", "checklist", run, "--interactive"),
        cwd=production.folder,
        **production.environment(),
    )
    terminal.expect("The database can be reached")
    terminal.send("\r")
    for item in ("Data is consistent", "Stakeholders know", "incident report is written"):
        terminal.expect(item)
        terminal.send("\r")
    terminal.expect("root cause")
    terminal.send("\x1b[B\r")
    terminal.expect("What was done")
    terminal.send("2024.4 mends it\r")
    assert end_of(terminal) == 0
    items = production.hrmsops("checklist", run, "--json").document["items"]
    assert [each["item"] for each in items if each["by"] != "hrmsops"] == ["root-cause"]
