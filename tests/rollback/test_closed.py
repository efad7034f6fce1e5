"""Status says that users are without a database for as long as a cutover has left them so."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrmsops import steps
from hrmsops.engine import entries
from hrmsops.engine.clock import SystemClock
from hrmsops.engine.journal import Journal
from hrmsops.engine.plan import Plan
from hrmsops.engine.run import Operator, Run
from hrmsops.engine.step import Step
from hrmsops.engine.store import LocalStore
from hrmsops.rollback.closed import without_database
from hrmsops.rollback.cutover import cutover_steps
from hrmsops.steps.rows.roles import OpenDatabase
from hrmsops.world import World
from tests.rollback.facts import NOON, environment
from tests.rollback.test_cutover_plans import OLD, RUN, cutover

SERVICE = "projects/p/locations/r/services/s"
UNDO = f"hrmsops rollback cutback {RUN}"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    store = LocalStore(tmp_path / "records")
    return Journal(store, steps.catalog(), SystemClock(), Operator(account="", host=""))


@pytest.fixture
def leaving(journal: Journal, tmp_path: Path) -> Run:
    """A cutover of which nothing was done yet."""
    of = environment(tmp_path)
    taken = cutover_steps(cutover(), environment=of, run=RUN, accepted=(), first=1)
    return begun(journal, RUN, *taken)


def begun(journal: Journal, run: str, *taken: Step[World]) -> Run:
    plan = Plan(
        run=run,
        made_at=NOON,
        command="rollback pitr",
        environment="production",
        reason="x",
        headline="",
        subject={"service": SERVICE},
        because=(),
        warnings=(),
        undo=UNDO,
        steps=taken,
    )
    return journal.begin(plan, fence=1)


def done(run: Run, *, until: str, is_finished: bool = True) -> None:
    """Every step up to `until`; of that one the start alone where the process was killed in it."""
    for number, step in enumerate(run.plan.steps, start=1):
        if run.has_finished(number):
            continue
        run.record(entries.Started(step=number))
        if step.name == until and not is_finished:
            return
        run.record(entries.Finished(step=number, result={}))
        if step.name == until:
            return


def test_from_the_fence_to_the_shift_users_are_without_a_database(leaving: Run) -> None:
    done(leaving, until="take-backup")
    assert without_database([leaving], SERVICE) is None

    done(leaving, until="fence-database", is_finished=False)
    killed = without_database([leaving], SERVICE)
    done(leaving, until="create-revision")
    stopped = without_database([leaving], SERVICE)

    assert killed == stopped
    assert stopped is not None
    assert stopped.instance == OLD
    told = stopped.sentence(environment="production")
    assert told.endswith(f"hrmsops resume {RUN} goes on, or lead back: {UNDO} -e production")
    assert without_database([leaving], f"{SERVICE}-of-others") is None
    done(leaving, until="shift-traffic")
    assert without_database([leaving], SERVICE) is None


def test_a_run_that_was_abandoned_behind_its_fence_is_told_until_somebody_leads_back(
    leaving: Run, journal: Journal
) -> None:
    done(leaving, until="capture-differences")
    leaving.record(entries.Closed(outcome="abandoned", exit_code=0))

    left = without_database([leaving], SERVICE)

    assert left is not None
    told = left.sentence(environment="production")
    assert told.endswith(f"nothing serves in its place. Lead back: {UNDO} -e production")
    back = begun(journal, "261123-110000-0001", OpenDatabase(instance=OLD, roles=("hrms_app",)))
    assert without_database([leaving, back], SERVICE) == left
    done(back, until="open-database")
    assert without_database([leaving, back], SERVICE) is None


def test_a_fence_that_was_taken_down_again_keeps_nobody_out(leaving: Run) -> None:
    done(leaving, until="fence-database", is_finished=False)
    names = [step.name for step in leaving.plan.steps]
    leaving.record(entries.Reverted(step=names.index("fence-database") + 1))

    assert without_database([leaving], SERVICE) is None
