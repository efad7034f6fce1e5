"""`rollback --advise` and `--interactive` on a sandbox: the branch that the guide prescribes."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hrmsops.sandbox.blueprint import STAGING
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.estate import Estate
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.releases import build
from tests.command_line import end_of, in_terminal
from tests.fixtures.sandboxes import assert_replies_are_googles, hrmsops, take_down
from tests.rollback.estate import Recovery
from tests.rollback.production import LATEST

pytestmark = pytest.mark.slow

LOSSY = "2024.3-lossy"
UP, DOWN = "\x1b[A", "\x1b[B"


@pytest.fixture(scope="module")
def estate() -> Iterator[Client]:
    with tempfile.TemporaryDirectory(prefix="hrmsops-tests-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder) / "sandbox")
        hrmsops("sandbox", "up", "--detach", "--dir", str(home.root))
        yield Client.of(home)
        take_down(home)
        assert_replies_are_googles(home)
        hrmsops("sandbox", "down", "--destroy", "--yes", "--dir", str(home.root))


@pytest.fixture
def recovery(estate: Client, tmp_path: Path) -> Iterator[Recovery]:
    yield Recovery(client=estate, folder=tmp_path)
    estate.clear_faults()


def _advice(recovery: Recovery, *words: str, **variables: str) -> Any:
    ended = recovery.hrmsops(
        "rollback", "--advise", "-e", "production", "--json", *words, **variables
    )
    assert ended.code == 0, ended.out + ended.err
    return ended.document


def test_errors_alone_lead_to_the_application_and_nothing_is_changed(recovery: Recovery) -> None:
    before = recovery.client.service("nhia-hrms-production-api")
    advice = _advice(recovery)
    assert advice["recommendation"] == "app"
    assert advice["command"] == "hrmsops rollback app -e production"
    assert [each["question"] for each in advice["answers"]] == [
        "database-answers",
        "data-is-damaged",
        "previous-fits",
    ]
    assert recovery.client.service("nhia-hrms-production-api") == before


def test_damage_after_a_migration_leads_to_the_moment_before_it(recovery: Recovery) -> None:
    advice = _advice(recovery, "--data-damaged", "yes")
    assert advice["recommendation"] == "pitr"
    assert "--before-migration employees.0002_employee_department_code" in advice["command"]
    assert advice["hold"]["first"] == "hrmsops hold on -e production"
    assert not advice["hold"]["is_on"]
    assert "at work: scheduler " in advice["hold"]["evidence"]


def test_without_a_password_the_advice_says_what_it_does_not_know(recovery: Recovery) -> None:
    advice = _advice(recovery, HRMSOPS_PASSWORD="")
    assert advice["recommendation"] == "app"
    assert "Nobody could tell whether the database answers." in advice["caveats"]
    assert "HRMSOPS_PASSWORD" in advice["facts"]["database"]


def test_without_a_record_the_advice_is_the_same(recovery: Recovery) -> None:
    blocked = recovery.folder / "no-folder"
    blocked.write_text("a file stands where the records would be")
    advice = _advice(recovery, HRMSOPS_STATE_DIR=str(blocked))
    assert advice["recommendation"] == "app"
    assert advice["hold"]["is_on"] is None
    assert advice["facts"]["on hold"].startswith("unknown: ")


def test_an_api_that_hangs_is_an_unknown_and_not_a_wait(recovery: Recovery) -> None:
    recovery.client.arm(kind="hang", method="GET", path="getLatestRecoveryTime", times=9)
    recovery.client.arm(kind="hang", method="GET", path="timeSeries", times=9)
    advice = _advice(recovery, "--data-damaged", "yes")
    assert advice["seconds"] < 15
    assert advice["facts"]["recovery window"].startswith("unknown: No answer within")
    assert advice["facts"]["requests"].startswith("unknown: Cloud Monitoring did not answer in")
    assert advice["recommendation"] != "pitr"


def test_an_old_revision_that_a_migration_since_breaks_is_refused_with_what_breaks(
    recovery: Recovery,
) -> None:
    deployed = Estate(recovery.client, environments=(STAGING,), say=lambda sentence: None)
    deployed.add_image(LOSSY)
    deployed.release(STAGING, LOSSY)
    build(LOSSY, recovery.folder / "hrms")
    config = recovery.folder / "hrmsops.toml"
    django = '\n[django]\nroot = "hrms"\nsettings = "hrms.settings"\n'
    config.write_text(recovery.client.home.config.read_text() + django)
    on_staging = ("-e", "staging", "--config", str(config), "--json")
    own = {"HRMSOPS_PASSWORD": recovery.password(instance=STAGING.instance)}

    refused = recovery.hrmsops(
        *("rollback", "app", *on_staging, "--yes", "--reason", "errors"), **own
    )

    assert refused.code == 3, refused.out + refused.err
    assert refused.document["error"]["code"] == "schema-does-not-fit"
    assert "employees.0003_tidy_up" in refused.document["error"]["why"]
    advice = recovery.hrmsops("rollback", "--advise", *on_staging, **own).document
    assert advice["recommendation"] == "pitr"
    damaged = next(each for each in advice["answers"] if each["question"] == "data-is-damaged")
    assert not damaged["is_assumed"], "A check of the sample configuration is false now."
    repairs = next(each for each in advice["answers"] if each["question"] == "reverse-repairs")
    assert "employees.0003_tidy_up is irreversible" in repairs["evidence"]


def test_the_wizard_leads_to_the_application_s_rollback(recovery: Recovery) -> None:
    terminal = _wizard(recovery)
    terminal.expect("1. Does the database answer")
    terminal.send("\r")
    terminal.expect("2. Is data wrong")
    terminal.send("\r")
    terminal.expect("3. Does the previous revision run")
    terminal.send(DOWN * 2 + "\r")
    terminal.expect("Is data wrong")  # Back, and forth again.
    terminal.send("\r")
    terminal.expect("Does the previous revision run")
    terminal.send("\r")
    terminal.expect("Which way")
    terminal.send("\r")
    terminal.expect("What is the reason")
    terminal.send("Error spike\r")
    terminal.expect("Apply this plan to production")
    terminal.send("y")
    terminal.expect("Done in")
    assert end_of(terminal) == 0
    [run] = recovery.hrmsops("runs", "--json").document["runs"]
    assert (run["command"], run["reason"], run["outcome"]) == (
        "rollback app",
        "Error spike",
        "done",
    )
    recovery.client.patch_service("nhia-hrms-production-api", {"traffic": [LATEST]}, mask="traffic")


def test_the_wizard_holds_first_where_data_is_wrong(recovery: Recovery) -> None:
    terminal = _wizard(recovery, "--data-damaged", "yes")
    for question in (
        "1. Does the database",
        "2. Is data wrong",
        "3. Does reversing",
        "4. Does point",
    ):
        terminal.expect(question)
        terminal.send("\r")
    terminal.expect("First:     hrmsops hold on -e production")
    terminal.expect("Which way")
    terminal.send(UP * 3 + "\r")
    terminal.expect("What is the reason")
    terminal.send("Amounts are wrong\r")
    terminal.expect("Apply this plan to production")
    terminal.send("y")
    terminal.expect("Which way")
    terminal.send(UP + "\r")
    assert end_of(terminal) == 4
    advice = _advice(recovery, "--data-damaged", "yes")
    assert (advice["hold"]["is_on"], advice["hold"]["first"]) == (True, "")
    off = recovery.hrmsops("hold", "off", "-e", "production", "--yes", "--reason", "a rehearsal")
    assert off.code == 0, off.out + off.err


@pytest.mark.parametrize("keys", ["\x03", DOWN * 2 + "\r"], ids=["ctrl-c", "quit"])
def test_the_wizard_can_be_left_at_a_question_and_nothing_was_done(
    recovery: Recovery, keys: str
) -> None:
    terminal = _wizard(recovery)
    terminal.expect("1. Does the database answer")
    terminal.send(keys)
    assert end_of(terminal) in (4, 130)
    assert recovery.hrmsops("runs", "--json").document["runs"] == []


def test_a_signal_ends_the_wizard_at_a_question_as_ctrl_c_does(recovery: Recovery) -> None:
    terminal = _wizard(recovery)
    terminal.expect("Quit; nothing was changed")
    os.kill(terminal.pid, signal.SIGINT)
    assert end_of(terminal) == 130
    assert recovery.hrmsops("runs", "--json").document["runs"] == []


def test_in_a_pipe_the_wizard_names_advise(recovery: Recovery) -> None:
    ended = recovery.hrmsops("rollback", "--interactive", "-e", "production")
    assert ended.code == 2
    assert "--advise" in ended.err


def _wizard(recovery: Recovery, *words: str) -> Any:
    return in_terminal(
        *("-m", "hrmsops", "rollback", "-i", "-e", "production", *words),
        cwd=recovery.client.home.root,
        HRMSOPS_STATE_DIR=str(recovery.folder / "state"),
        HRMSOPS_PASSWORD=recovery.password(),
    )
