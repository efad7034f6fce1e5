"""Runs that end early on purpose: signals, patience, a colleague who takes over."""

from __future__ import annotations

import json
import signal

import pytest

from hrmsops.sandbox.cloud_run.names import service_name
from tests.command_line import Begun
from tests.rollback.production import Production, to

WORDS = ("rollback", "app", "-e", "production", "--reason", "Error spike", "--yes", "--json")


def held_up_in_the_shift(production: Production) -> Begun:
    """A rollback whose second write, the shift, is not answered."""
    path = service_name(production.service) + "$"
    production.client.arm(kind="delay", seconds=0, method="PATCH", path=path)
    fault = production.client.arm(kind="hang-after", method="PATCH", path=path)
    process = production.start(*WORDS)
    production.until_met(fault, process)
    return process


@pytest.mark.parametrize(
    ("signum", "code", "name"),
    [(signal.SIGINT, 130, "run-interrupted"), (signal.SIGTERM, 143, "run-terminated")],
)
def test_a_signal_closes_the_journal_and_resume_goes_on(
    production: Production, signum: signal.Signals, code: int, name: str
) -> None:
    process = held_up_in_the_shift(production)

    process.send_signal(signum)
    out, err = process.communicate(timeout=60)

    assert process.returncode == code, err
    run = json.loads(out)["run"]
    assert production.hrmsops("runs", "show", run, "--json").document["outcome"] == "unfinished"
    shown = production.hrmsops("runs", "show", run).out
    assert f"interrupted by signal {int(signum)}" in shown
    assert production.hrmsops("explain", name).code == 0
    written = production.hrmsops("resume", run, "--plan-out", "plan.json", "--json")
    assert (written.code, written.document["run"]) == (0, run), written.err
    assert written.document["needs"] == [], "It was confirmed when it began."
    approved = (production.folder / "plan.json").read_text()
    another = approved.replace(written.document["hash"], "0" * 16)
    (production.folder / "another.json").write_text(another)
    stale = production.hrmsops("resume", "--plan", "another.json", "--json")
    assert (stale.code, stale.document["error"]["code"]) == (5, "plan-changed")
    ended = production.hrmsops("resume", "--plan", "plan.json", "--json")
    assert ended.code == 0, ended.err
    assert ended.document["run"] == run
    assert production.shares == {production.revisions[0]: 100}


@pytest.mark.parametrize("patience", [("--detach",), ("--wait", "1s")])
def test_whoever_does_not_wait_comes_back_with_resume(
    production: Production, patience: tuple[str, ...]
) -> None:
    first, second = production.revisions
    production.client.arm(kind="stall", operation="services.traffic", seconds=3)

    left = production.rollback(*patience)

    assert left.code == 8, left.err
    assert left.document["failure"]["code"] == "still-running"
    assert left.document["outcome"] == "unfinished"
    assert production.shares == {second: 100}
    run = left.document["run"]
    config = production.folder / "hrmsops.toml"
    text = config.read_text()
    tables, _, _ = text.partition("[timeouts]")
    config.write_text(tables.replace(".production", ".staging") + text)
    listed = {env: production.hrmsops("runs", "-e", env).out for env in ("production", "staging")}
    assert (run in listed["production"], run in listed["staging"]) == (True, False)
    elsewhere = production.hrmsops("resume", "-e", "staging", "--json")
    assert elsewhere.document["error"]["code"] == "nothing-to-resume"
    mistyped = production.hrmsops("runs", "-e", "produktion", "--json").document["error"]
    assert (mistyped["code"], mistyped["fix"]) == ("unknown-environment", "--env production")
    other = production.hrmsops("resume", run, "-e", "staging", "--json")
    assert other.document["error"]["fix"] == f"hrmsops resume {run} -e production"
    back = production.hrmsops("resume", "-e", "production", "--json")
    assert back.code == 0, back.out
    assert production.shares == {first: 100}


def test_a_dead_run_is_displaced_only_with_take_over_and_that_is_recorded(
    production: Production,
) -> None:
    process = held_up_in_the_shift(production)
    process.kill()
    process.communicate(timeout=60)
    production.client.clear_faults()
    first, second = production.revisions

    refused = production.rollback("--revision", second)
    taken = production.rollback("--revision", first, "--take-over")

    assert refused.code == 5
    assert refused.document["error"]["code"] == "lease-held"
    assert taken.code == 0, taken.out
    record = production.hrmsops("runs", "show", taken.document["run"]).out
    assert "took the lease over from run" in record


def test_a_run_whose_world_was_changed_by_another_ends_without_a_trace(
    production: Production,
) -> None:
    """Killed after its tag, overtaken by a colleague, resumed: a conflict, and its tag is gone."""
    first, second = production.revisions
    process = held_up_in_the_shift(production)
    process.kill()
    process.communicate(timeout=60)
    production.set_traffic(to(first, 40), to(second, 60))

    ended = production.hrmsops("resume", "--json")

    assert ended.code == 5, ended.out
    assert ended.document["failure"]["code"] == "traffic-changed"
    assert ended.document["outcome"] == "failed"
    assert production.shares == {first: 40, second: 60}
    assert production.tags == {}


def test_a_run_whose_shift_was_overtaken_after_it_claims_nothing_and_can_be_closed(
    production: Production,
) -> None:
    """Killed before its last tag; a colleague gives the traffic back; what is told is theirs."""
    _, second = production.revisions
    path = service_name(production.service) + "$"
    production.client.arm(kind="delay", seconds=0, method="PATCH", path=path, times=2)
    fault = production.client.arm(kind="hang", method="PATCH", path=path)
    process = production.start(*WORDS)
    production.kill_when_met(fault, process)
    production.client.clear_faults()
    production.set_traffic(to(second))

    ended = production.hrmsops("resume", "--json")

    failure = ended.document["failure"]
    assert (ended.code, failure["code"]) == (5, "traffic-changed"), ended.out
    assert failure["why"].endswith(f"it is now 100 % to {second}.")
    assert failure["fix"] == f"hrmsops runs abandon {ended.document['run']}"
    closing = failure["fix"].split()[1:]
    closed = production.hrmsops(*closing, "--reason", "theirs stands", "--yes", "--json")
    assert (closed.code, closed.document["outcome"]) == (0, "abandoned"), closed.out
    assert (production.shares, production.tags) == ({second: 100}, {})


def test_a_killed_run_that_was_displaced_can_be_abandoned(production: Production) -> None:
    path = service_name(production.service) + "$"
    fault = production.client.arm(kind="hang-after", method="PATCH", path=path)
    process = production.start(*WORDS)
    production.kill_when_met(fault, process)
    [killed] = production.hrmsops("runs", "--json").document["runs"]
    production.rollback("--take-over")

    words = ("runs", "abandon", killed["run"], "--reason", "by hand", "--yes", "--json")
    ended = production.hrmsops(*words)

    assert ended.code == 0, ended.err
    assert (ended.document["run"], ended.document["outcome"]) == (killed["run"], "abandoned")
    assert production.tags == {"last-good": production.revisions[0]}


def test_an_abandoned_run_leaves_no_tag_of_its_own(production: Production) -> None:
    path = service_name(production.service) + "$"
    fault = production.client.arm(kind="hang-after", method="PATCH", path=path)
    process = production.start(*WORDS)
    production.kill_when_met(fault, process)
    assert any(tag.startswith("p-") for tag in production.tags)
    [run] = production.hrmsops("runs", "--json").document["runs"]

    ended = production.hrmsops("runs", "abandon", run["run"], "--reason", "by hand", "--yes")

    assert ended.code == 0, ended.err
    assert production.tags == {}
    assert production.hrmsops("resume", "--json").document["error"]["code"] == "nothing-to-resume"


def test_a_deploy_while_an_unpin_was_interrupted_is_not_let_in_unseen(
    production: Production,
) -> None:
    """What was probed and shown was the latest of then; the latest of now is another."""
    first, _ = production.revisions
    production.set_traffic(to(first))
    path = service_name(production.service) + "$"
    production.client.arm(kind="delay", seconds=0, method="PATCH", path=path)
    fault = production.client.arm(kind="hang", method="PATCH", path=path)
    words = ("unpin", "-e", "production", "--reason", "fixed", "--yes", "--json")
    process = production.start(*words)
    production.kill_when_met(fault, process)
    production.client.clear_faults()
    production.deploy()

    ended = production.hrmsops("resume", "--json")

    assert ended.code == 5, ended.out
    assert ended.document["failure"]["code"] == "traffic-changed"
    assert production.shares == {first: 100}


def test_a_run_is_not_gone_on_with_under_the_lease_of_another_service(
    production: Production,
) -> None:
    """The same environment's name in another project's configuration."""
    process = held_up_in_the_shift(production)
    process.kill()
    process.communicate(timeout=60)
    file = production.folder / "hrmsops.toml"
    mine = file.read_text()
    file.write_text(mine.replace(production.service, "another-api"))

    refused = production.hrmsops("resume", "--json")

    assert refused.code == 2, refused.out
    assert refused.document["error"]["code"] == "run-of-another-service"
    file.write_text(mine)
    assert production.hrmsops("resume", "--json").code == 0


def test_ctrl_c_does_not_wait_for_a_look_that_hangs(production: Production) -> None:
    """Nothing was begun; a cancelled CI job has seconds before it is killed."""
    path = service_name(production.service) + "$"
    fault = production.client.arm(kind="hang", method="GET", path=path)
    process = production.start(*WORDS)
    production.until_met(fault, process)
    process.send_signal(signal.SIGINT)
    out, _err = process.communicate(timeout=8)
    assert process.returncode == 130
    assert json.loads(out)["error"]["code"] == "interrupted"
