"""Runs that end early on purpose: signals, patience, a colleague who takes over."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from hrmsops.sandbox.cloud_run.names import service_name
from tests.rollback.production import Production

WORDS = ("rollback", "app", "-e", "production", "--reason", "Error spike", "--yes", "--json")


def held_up_in_the_shift(production: Production) -> subprocess.Popen[str]:
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
    out, err = process.communicate(timeout=10)

    assert process.returncode == code, err
    run = json.loads(out)["run"]
    assert production.hrmsops("runs", "show", run, "--json").document["outcome"] == "unfinished"
    shown = production.hrmsops("runs", "show", run).out
    assert f"interrupted by signal {int(signum)}" in shown
    assert production.hrmsops("explain", name).code == 0
    ended = production.hrmsops("resume", "--json")
    assert ended.code == 0, ended.err
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
    back = production.hrmsops("resume", "--json")
    assert back.code == 0, back.out
    assert production.shares == {first: 100}


def test_a_dead_run_is_displaced_only_with_take_over_and_that_is_recorded(
    production: Production,
) -> None:
    process = held_up_in_the_shift(production)
    process.kill()
    process.communicate(timeout=10)
    production.client.clear_faults()
    first, second = production.revisions

    refused = production.rollback("--revision", second)
    taken = production.rollback("--revision", first, "--take-over")

    assert refused.code == 5
    assert refused.document["error"]["code"] == "lease-held"
    assert taken.code == 0, taken.out
    record = production.hrmsops("runs", "show", taken.document["run"]).out
    assert "took the lease over from run" in record


def test_an_abandoned_run_leaves_no_tag_of_its_own(production: Production) -> None:
    path = service_name(production.service) + "$"
    fault = production.client.arm(kind="hang-after", method="PATCH", path=path)
    process = production.start(*WORDS)
    production.until_met(fault, process)
    process.kill()
    process.communicate(timeout=10)
    assert any(tag.startswith("p-") for tag in production.tags)
    [run] = production.hrmsops("runs", "--json").document["runs"]

    ended = production.hrmsops("runs", "abandon", run["run"], "--reason", "by hand", "--yes")

    assert ended.code == 0, ended.err
    assert production.tags == {}
    assert production.hrmsops("resume", "--json").document["error"]["code"] == "nothing-to-resume"
