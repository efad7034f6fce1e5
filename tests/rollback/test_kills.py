"""SIGKILL of `rollback app` at every record and at every call, then `resume`: the same end."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from hrmsops.sandbox.cloud_run.names import service_name
from tests.rollback.production import Production

pytestmark = pytest.mark.slow

DYING = str(Path(__file__).parent / "dying")
SYNCS = 34
"""Each record is synced as a file and as an entry of its folder."""
CALLS_MAX = 19
"""What a whole run asks of Cloud Run; how often it looks while the service settles varies."""
WRITES = 3
"""A tag for the probe, the shift, the tag of the last good one."""
WORDS = ("rollback", "app", "-e", "production", "--reason", "Error spike", "--yes", "--json")


def test_the_sweeps_cover_a_whole_run(production: Production) -> None:
    count = production.folder / "syncs"
    calls, writes = len(production.all_calls()), len(production.calls("PATCH"))

    ended = production.hrmsops(*WORDS, prepend=DYING, COUNT_SYNCS_INTO=str(count))

    assert ended.code == 0
    assert int(count.read_text()) == SYNCS
    assert WRITES < len(production.all_calls()) - calls <= CALLS_MAX
    assert len(production.calls("PATCH")) - writes == WRITES


@pytest.mark.parametrize("sync", range(1, SYNCS + 1))
def test_a_kill_at_any_record_ends_the_same_after_resume(production: Production, sync: int) -> None:
    generation = int(production.document["generation"])

    killed = production.hrmsops(*WORDS, prepend=DYING, DIE_AT_SYNC=str(sync))

    assert killed.code == -signal.SIGKILL
    assert ended(production) == three_changes_after(generation)


@pytest.mark.parametrize("call", range(1, CALLS_MAX + 1))
def test_a_kill_during_any_call_ends_the_same_after_resume(
    production: Production, call: int
) -> None:
    generation = int(production.document["generation"])

    kill_during(production, nth=call, kind="hang")

    assert ended(production) == three_changes_after(generation)


@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_a_kill_after_any_write_took_effect_ends_the_same_after_resume(
    production: Production, write: int
) -> None:
    generation = int(production.document["generation"])

    kill_during(production, nth=write, kind="hang-after", method="PATCH")

    assert ended(production) == three_changes_after(generation)


def kill_during(production: Production, *, nth: int, **fault: str) -> None:
    """Stop the nth call with a fault, and kill who asked."""
    calls = {"path": service_name(production.service), "method": fault.get("method", ".*")}
    if nth > 1:
        production.client.arm(kind="delay", seconds=0, times=nth - 1, **calls)
    armed = production.client.arm(**calls | fault)

    process = production.start(*WORDS)
    production.kill_when_met(armed, process)
    production.client.clear_faults()


def three_changes_after(generation: int) -> dict[str, object]:
    """Made in all, none of them twice: the first revision serves again."""
    return {
        "exit": 0,
        "shares": {"first": 100},
        "tags": {"last-good": "first"},
        "generation": generation + 3,
        "answers": "first",
        "outcomes": {"done"},
    }


def ended(production: Production) -> dict[str, object]:
    """What is there once an engineer has gone on."""
    first, second = production.revisions
    names = {first: "first", second: "second"}
    resumed = production.hrmsops("resume", "--json")
    if resumed.code == 2:
        # It died before its plan was on record, or after all was done.
        assert resumed.document["error"]["code"] == "nothing-to-resume"
        resumed = production.hrmsops(*WORDS, "--revision", first)
    runs = production.hrmsops("runs", "--json").document["runs"]
    return {
        "exit": resumed.code,
        "shares": {names[each]: share for each, share in production.shares.items()},
        "tags": {tag: names[each] for tag, each in production.tags.items()},
        "generation": int(production.document["generation"]),
        "answers": names[production.answers()],
        "outcomes": {run["outcome"] for run in runs},
    }
