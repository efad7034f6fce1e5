"""A rollback whose record is in a bucket, killed in a write of it, and gone on with elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hrmsops import steps
from hrmsops.engine.clock import SystemClock
from hrmsops.engine.entries import Closed, Finished, Started
from hrmsops.engine.journal import Journal
from hrmsops.engine.lease import Lease
from hrmsops.engine.run import Operator, Run
from hrmsops.engine.store import Store
from hrmsops.sandbox.cloud_run.names import service_name
from hrmsops.sandbox.request_log import Entry, entries
from tests.command_line import Ended
from tests.engine.stores import Place, make_bucket
from tests.rollback.production import Production

ELSEWHERE = str(Path(__file__).parent / "elsewhere")
WORDS = ("rollback", "app", "-e", "production", "--reason", "Error spike", "--yes", "--json")
CHANGES = 3
"""A tag for the probe, the shift, the tag of the last good one."""
AUDITOR = Operator(account="audit@nhia.example", host="desk-1")


@dataclass(frozen=True)
class Team:
    """CI begins, another machine goes on; both have the record in a bucket of their own."""

    ci: Production
    laptop: Production
    bucket: str

    @classmethod
    def of(cls, production: Production, folder: Path) -> Team:
        """`production` as it is seen from two machines; its bucket is nobody else's."""
        bucket = f"hrms-ops-{production.service}"
        make_bucket(production.client, bucket)
        production.store = f"gs://{bucket}/records"
        folder.mkdir()
        laptop = replace(production, folder=folder)
        for machine in (production, laptop):
            machine.write_config()
        return cls(production, laptop, bucket)

    @property
    def writes(self) -> dict[str, str]:
        """Every write of the record, as a fault is told of it."""
        return {"method": "POST", "path": f"storage/v1/b/{self.bucket}/o$"}

    def written(self) -> Iterator[Entry]:
        """The writes that the bucket was asked for."""
        path = f"/upload/storage/v1/b/{self.bucket}/o"
        log = entries(self.ci.client.home.logs / "requests.jsonl")
        return (entry for entry in log if entry.method == "POST" and entry.path == path)

    def on_laptop(self, *words: str, host: str = "laptop-3") -> Ended:
        """Typed on another machine; without a name of its own it is one that CI's job left."""
        return self.laptop.hrmsops(*words, prepend=ELSEWHERE, PRETENDED_HOST=host)

    def kill_at(self, nth: int, kind: str, *, tag_seconds: float = 0) -> None:
        """Kill CI in its nth write of the record: before the bucket heard of it, or after.

        Its first change may be made to take long.
        """
        sandbox = self.ci.client
        if nth > 1:
            sandbox.arm(kind="delay", seconds=0, times=nth - 1, **self.writes)
        fault = sandbox.arm(kind=kind, **self.writes)
        if tag_seconds:
            path = service_name(self.ci.service) + "$"
            sandbox.arm(kind="delay", seconds=tag_seconds, method="PATCH", path=path)
        process = self.ci.start(*WORDS)
        self.ci.until_met(fault, process)
        assert process.poll() is None, "It ended before that write."
        process.kill()
        process.communicate(timeout=60)
        sandbox.clear_faults()

    def store(self) -> Store:
        return Place(endpoint=self.ci.client.endpoint, url=self.ci.store).store()

    def journal(self) -> Journal:
        return Journal(self.store(), steps.catalog(), SystemClock(), AUDITOR)

    def lease(self) -> Lease:
        return Lease(self.store(), SystemClock(), AUDITOR, scope="nhia-hrms/production")

    def go_on(self, *, host: str) -> None:
        """What an engineer elsewhere types next, once nobody waits for the dead one any more."""
        left = self.on_laptop("resume", "--json", host=host)
        if left.code == 2:
            assert left.document["error"]["code"] == "nothing-to-resume", left.out
            if self.journal().run_ids():
                return  # It died after all was done.
            left = self.on_laptop(*WORDS, host=host)
        assert left.code == 0, left.out + left.err

    def assert_one_rollback(self, *, generation: int, fence: int) -> None:
        """Each change was made once, and what is told of it on any machine is so."""
        first, _ = self.ci.revisions
        assert self.ci.shares == {first: 100}
        assert self.ci.tags == {"last-good": first}
        assert int(self.ci.document["generation"]) == generation + CHANGES
        [run] = self.journal().runs()
        assert_whole(run)
        listed = self.ci.hrmsops("runs", "--all-hosts", "--json").document
        assert [(each["run"], each["outcome"]) for each in listed["runs"]] == [(run.id, "done")]
        assert listed["unread"] == []
        with self.lease().acquire(run="the next", why="test", take_over=False) as lease:
            assert lease.fence > max(fence, *(line.fence for line in run.lines))


def assert_whole(run: Run) -> None:
    """No entry is missing, none is there twice, and no holder wrote after the next one."""
    assert [line.number for line in run.lines] == list(range(len(run.lines)))
    fences = [line.fence for line in run.lines]
    assert fences == sorted(fences)
    said: list[Any] = [line.entry for line in run.lines]
    numbers = list(range(1, len(run.plan.steps) + 1))
    assert [each.step for each in said if isinstance(each, Finished)] == numbers
    assert sorted({each.step for each in said if isinstance(each, Started)}) == numbers
    assert isinstance(said[-1], Closed)
    assert run.outcome == "done"
