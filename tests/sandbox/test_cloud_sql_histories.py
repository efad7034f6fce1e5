"""Any history, any moment: a clone holds all that was acknowledged before, nothing begun after."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hrmsops.sandbox.client import Client
from tests.sandbox.cloud_sql import clone, kept, make, remove, session

pytestmark = pytest.mark.slow
_clones = itertools.count(1)
WRITERS = 3


@dataclass(frozen=True)
class Commit:
    """One commit of a writer: between these two moments it came about."""

    value: int
    began: datetime
    acknowledged: datetime


@dataclass
class Writers:
    """Concurrent writers of one instance, and what they know."""

    sandbox: Client
    instance: str
    commits: list[Commit] = field(default_factory=list, repr=False)
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list, repr=False)

    def start(self) -> None:
        with session(self.sandbox, self.instance) as client:
            client.execute("CREATE TABLE kept (value int)")
        numbers = itertools.count(1)
        for _ in range(WRITERS):
            thread = threading.Thread(target=self._write, args=(numbers,))
            thread.start()
            self.threads.append(thread)

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def _write(self, numbers: Iterator[int]) -> None:
        with session(self.sandbox, self.instance) as client:
            while not self.stopping.is_set():
                value, began = next(numbers), datetime.now(UTC)
                client.execute("INSERT INTO kept VALUES (%s)", (value,))
                self.commits.append(Commit(value, began, datetime.now(UTC)))
                time.sleep(value % 7 / 1000)


@pytest.fixture(scope="module")
def writers(sandbox: Client) -> Iterator[Writers]:
    writers = Writers(sandbox, make(sandbox, "histories"))
    writers.start()
    time.sleep(0.5)  # A history to choose from.
    yield writers
    writers.stop()
    remove(sandbox, writers.instance)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(share=st.floats(0, 1), microseconds=st.integers(-2000, 2000), with_backup=st.booleans())
def test_nothing_after_the_moment_and_nothing_missing_before_it(
    writers: Writers, share: float, microseconds: int, with_backup: bool
) -> None:
    sandbox, name = writers.sandbox, f"{writers.instance}-{next(_clones)}"
    if with_backup:
        sandbox.back_up(writers.instance)
    at = _moment(sandbox, writers.instance, share, timedelta(microseconds=microseconds))

    operation = sandbox.sql_finished(clone(sandbox, writers.instance, name, at.isoformat()))

    assert "error" not in operation
    found = _found(sandbox, name)
    commits = list(writers.commits)
    must = {each.value for each in commits if each.acknowledged < at}
    must_not = {each.value for each in commits if each.began > at}
    assert must - found == set(), "missing"
    assert found & must_not == set(), "from the future"
    remove(sandbox, name)


def _found(sandbox: Client, instance: str) -> set[int]:
    """What the clone holds; before the table was made that is nothing."""
    try:
        return set(kept(sandbox, instance))
    except psycopg.errors.UndefinedTable:
        return set()


def _moment(sandbox: Client, instance: str, share: float, nudge: timedelta) -> datetime:
    window = sandbox.sql("GET", f"instances/{instance}/getLatestRecoveryTime")
    first = datetime.fromisoformat(window["earliestRecoveryTime"])
    last = datetime.fromisoformat(window["latestRecoveryTime"])
    return min(max(first, first + (last - first) * share + nudge), last)
