"""What works by itself is stopped, and goes on just as it was found."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from tests.doctor.witness import only_what_is_listed
from tests.rollback.holding import AT_WORK, HELD, JOBS, OFF, ON, QUEUES, Works
from tests.rollback.production import to

DYING = str(Path(__file__).parent / "dying")
SYNCS = 28
"""Of a whole hold: a lease, a plan, three or four entries a thing, an end; twice each."""
IDLE = r"|run\.executions\..*|run\.revisions\.list"
LET_GO, PAUSED = rf".*\.(enable|resume){IDLE}", rf".*\.pause{IDLE}"
"""What the other half of a hold asks for, and what is not asked where nothing runs."""
KILLED_AT = (4, 8, 16, 20, 22)
"""The plan, the first note, a finished thing, how many workers there were, an operation."""


@pytest.fixture
def works(faults: Client, images: dict[str, str], name: str, tmp_path: Path) -> Iterator[Works]:
    made = Works(client=faults, image=images["echo"], service=name, folder=tmp_path)
    made.write_config()
    made.deploy()
    made.begin(images)
    yield made
    made.end()


def test_all_that_works_is_held_and_goes_on_just_as_it_was_found(works: Works) -> None:
    file = works.folder / "hrmsops.toml"
    with only_what_is_listed(works.client, file, "hold", unused=LET_GO):
        held = works.hold()

    assert held.code == 0, held.out + held.err
    assert works.states == HELD
    told = works.hrmsops("hold", "status", "-e", "production", "--json").document
    assert told["is_on"]
    assert [(each["kind"], each["instances"]) for each in told["held"]] == [
        ("scheduler", 0),
        ("queue", 0),
        ("worker pool", 2),
    ]
    assert {each["run"] for each in told["held"]} == {held.document["run"]}
    assert told["works"] == []
    [warning] = [
        each
        for each in works.hrmsops("status", "-e", "production", "--json").document["warnings"]
        if each.startswith("ON HOLD since")
    ]
    assert "hrmsops hold off -e production" in warning

    with only_what_is_listed(works.client, file, "hold", unused=PAUSED):
        off = works.let_go()

    assert off.code == 0, off.out + off.err
    assert works.states == AT_WORK
    assert not works.hrmsops("hold", "status", "-e", "production", "--json").document["is_on"]
    again = works.let_go()
    assert (again.code, again.document["error"]["code"]) == (3, "not-on-hold")


def test_what_somebody_changed_meanwhile_is_theirs(works: Works) -> None:
    works.hold()
    works.client.call("POST", f"{JOBS}/{works.service}-pays:resume", {})
    works.client.call("POST", f"{QUEUES}/{works.service}-mail:resume", {})
    works.scale(1)

    off = works.let_go()

    assert off.code == 0, off.out + off.err
    assert works.states == {**AT_WORK, "pool": 1}


def test_a_second_hold_does_not_forget_what_the_first_has_found(works: Works) -> None:
    works.hold()
    second = works.hold()
    assert (second.code, second.document["steps"]) == (0, [])

    assert works.let_go().code == 0

    assert works.states == AT_WORK


def test_a_name_that_is_not_there_keeps_nothing_else_from_being_held(works: Works) -> None:
    config = works.config.replace('queues = ["', 'queues = ["mistyped", "')
    (works.folder / "hrmsops.toml").write_text(config)
    shown = works.hrmsops(*ON, "--dry-run")
    assert (
        "There is no queue mistyped, or you may not see it: it is not held"
        in (shown.document["warnings"])
    )
    assert works.states == AT_WORK
    assert works.hold().code == 0
    assert works.states == HELD


def test_a_running_job_is_ended_by_its_environments_name_alone(works: Works) -> None:
    execution = works.start_job()
    held = works.hold()
    assert held.code == 0, held.out + held.err
    assert len(works.running()) == 1
    told = works.hrmsops("hold", "status", "-e", "production", "--json").document
    assert [each["kind"] for each in told["works"]] == ["execution"]

    refused = works.hold("--cancel-jobs")
    assert (refused.code, len(works.running())) == (2, 1)
    ended = works.hold("--cancel-jobs", "--confirm", "production")

    assert ended.code == 0, ended.out + ended.err
    assert works.running() == []
    assert ended.document["steps"][-1]["result"] == {"cancelled": [execution]}
    off = works.hrmsops(*OFF, "--dry-run").document
    assert f"{execution} was cancelled; nothing starts it again by itself" in off["warnings"]


def test_traffic_goes_to_the_maintenance_revision_and_back(works: Works) -> None:
    [serving] = works.revisions
    maintenance = works.deploy(ANSWER="503")
    works.set_traffic(to(serving))

    held = works.hold("--revision", maintenance)
    assert held.code == 0, held.out + held.err
    assert works.shares == {maintenance: 100}
    assert works.let_go().code == 0
    assert works.shares == {serving: 100}

    works.hold("--revision", maintenance)
    third = works.deploy()
    works.set_traffic(to(third))
    look = ("hold", "status", "-e", "production")
    held_now = works.hrmsops(*look, "--json").document["held"]
    assert [each["now"] for each in held_now if each["kind"] == "traffic"] == [f"100 % to {third}"]
    assert f"100 % to {third}: somebody moved it" in works.hrmsops(*look).out
    off = works.let_go()
    assert off.code == 0, off.out + off.err
    assert works.shares == {third: 100}
    assert any("Traffic was moved since" in each for each in off.document["warnings"])
    unknown = works.hold("--revision", "no-such-revision")
    assert (unknown.code, unknown.document["error"]["code"]) == (2, "revision-unknown")


FAULTS = ("error", "drop-before", "drop-after")


@pytest.mark.parametrize("shift", range(3))
def test_lost_answers_end_in_the_same_hold(works: Works, shift: int) -> None:
    paths = ("/jobs/.*:pause$", "/queues/.*:pause$", "/workerPools/")
    for number, path in enumerate(paths):
        kind = FAULTS[(number + shift) % 3]
        works.client.arm(kind=kind, method="POST|PATCH", path=path, times=2)

    held = works.hold()

    assert held.code == 0, held.out + held.err
    assert works.states == HELD
    assert works.let_go().code == 0
    assert works.states == AT_WORK


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "kind"),
    [("/jobs/.*:pause$", "hang-after"), ("/workerPools/", "hang"), ("/workerPools/", "hang-after")],
)
def test_a_kill_during_a_call_ends_in_the_same_hold(works: Works, path: str, kind: str) -> None:
    kill_during(works, path, *ON, kind=kind)

    assert works.hrmsops("resume", "--json").code == 0

    assert works.states == HELD
    assert works.let_go().code == 0
    assert works.states == AT_WORK


def kill_during(works: Works, path: str, *words: str, kind: str) -> None:
    """SIGKILL while a call waits: before it had its effect, or after."""
    fault = works.client.arm(kind=kind, method="POST|PATCH", path=path)
    process = works.start(*words, "--yes")
    works.kill_when_met(fault, process)
    works.client.clear_faults()


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/jobs/.*:resume$", "/workerPools/"])
def test_a_kill_while_it_is_let_go_ends_in_all_at_work(works: Works, path: str) -> None:
    works.hold()
    kill_during(works, path, *OFF, kind="hang-after")

    assert works.hrmsops("resume", "--json").code == 0

    assert works.states == AT_WORK


def test_the_sweep_covers_a_whole_hold(works: Works) -> None:
    count = works.folder / "syncs"
    assert works.hold(prepend=DYING, COUNT_SYNCS_INTO=str(count)).code == 0
    assert int(count.read_text()) == SYNCS


@pytest.mark.slow
def test_a_kill_at_any_record_ends_in_the_same_hold(works: Works) -> None:
    for sync in KILLED_AT:
        killed = works.hold(prepend=DYING, DIE_AT_SYNC=str(sync))
        assert killed.code == -signal.SIGKILL
        assert works.hrmsops("resume", "--json").code == 0
        assert works.states == HELD, sync
        off = works.let_go()
        assert off.code == 0, off.out + off.err
        assert works.states == AT_WORK, sync


def test_an_unfinished_hold_is_not_let_go_unless_that_is_accepted(works: Works) -> None:
    kill_during(works, "/queues/.*:pause$", *ON, kind="hang-after")

    refused = works.let_go("--take-over")
    assert (refused.code, refused.document["error"]["code"]) == (3, "recovery-unfinished")
    off = works.let_go("--take-over", "--accept", "recovery-unfinished")

    assert off.code == 0, off.out + off.err
    assert works.states == AT_WORK


def test_an_abandoned_hold_is_still_known_to_hold(works: Works) -> None:
    kill_during(works, "/jobs/.*:pause$", *ON, kind="hang-after")
    run = works.hrmsops("runs", "--json").document["runs"][0]["run"]
    assert works.hrmsops("runs", "abandon", run, "--reason", "x", "--yes").code == 0

    assert works.let_go().code == 0

    assert works.states == AT_WORK


def test_two_engineers_do_not_hold_and_let_go_at_once(works: Works) -> None:
    works.hold()
    fault = works.client.arm(kind="hang", method="POST", path="/jobs/.*:resume$")
    first = works.start(*OFF, "--yes")
    works.until_met(fault, first)

    second = works.hold()

    assert (second.code, second.document["error"]["code"]) == (5, "lease-held")
    first.kill()
    first.communicate(timeout=60)


def test_where_nothing_is_named_a_hold_says_so(works: Works) -> None:
    works.write_config()
    held = works.hold()
    assert (held.code, held.document["steps"]) == (0, [])
    assert "[environments.production.hold]" in held.document["headline"]


def test_the_plan_of_a_hold_is_read_in_a_terminal(works: Works) -> None:
    from tests.command_line import end_of
    from tests.rollback.test_terminal import typed

    terminal = typed(works, "hold", "on", "-e", "production", "--reason", "wrong amounts")
    terminal.expect_exact(f"1. Pause scheduler {works.service}-pays")
    terminal.expect_exact("Apply this plan to production?")
    terminal.send("y")
    assert end_of(terminal) == 0
    assert works.states == HELD
    shown = typed(works, "hold", "status", "-e", "production")
    shown.expect_exact("production is ON HOLD since")
    shown.expect_exact("Let go: hrmsops hold off -e production")
    assert end_of(shown) == 0
