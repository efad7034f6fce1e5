"""The engineer who leads a production from one database to another, and its users meanwhile."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg

from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.cloud_run.names import short
from tests.command_line import Ended, environment
from tests.rollback.estate import Recovery

SERVICE = PRODUCTION.service
FOR_REASON = ("--reason", "payslips emptied", "--json")


@dataclass
class Cutting(Recovery):
    """Production wherever its database is by now: each test leads it on to another."""

    @property
    def active(self) -> str:
        """The instance that the serving revision is bound to."""
        return self.bound_to(self.serving)

    @property
    def serving(self) -> str:
        """The revision that has all of the traffic."""
        document = self.client.service(SERVICE)
        [status] = [each for each in document["trafficStatuses"] if each.get("percent")]
        return str(status.get("revision") or short(document["latestReadyRevision"]))

    def bound_to(self, revision: str) -> str:
        found = next(r for r in self.client.revisions(SERVICE) if short(r["name"]) == revision)
        [connection] = found["volumes"][0]["cloudSqlInstance"]["instances"]
        return str(connection).rpartition(":")[2]

    def now(self) -> datetime:
        [[at]] = self.query("SELECT clock_timestamp()", instance=self.active)
        moment: datetime = at.astimezone(UTC)
        return moment

    def promote(self, at: datetime, *words: str, **variables: str) -> Ended:
        """`rollback pitr --promote` as CI types it."""
        moment = at.isoformat().replace("+00:00", "Z")
        ask = ("rollback", "pitr", "-e", "production", "--at", moment, "--promote")
        confirm = ("--confirm", self.active)
        return self.hrmsops(*ask, *FOR_REASON, *confirm, *words, **variables)

    def clone_of_now(self) -> Ended:
        """A verified clone that waits for somebody to go on from it."""
        moment = self.now().isoformat().replace("+00:00", "Z")
        ask = ("rollback", "pitr", "-e", "production", "--at", moment, "--yes")
        ended = self.hrmsops(*ask, *FOR_REASON)
        assert ended.code == 0, ended.out + ended.err
        return ended

    def go_on(self, run: str, *words: str, **variables: str) -> Ended:
        """`rollback pitr --continue RUN --promote` as CI types it."""
        return self.hrmsops(*self.going_on(run), *words, **variables)

    def going_on(self, run: str) -> tuple[str, ...]:
        ask = ("rollback", "pitr", "-e", "production", "--continue", run, "--promote")
        return (*ask, *FOR_REASON, "--confirm", self.active)

    def cut_back(self, run: str, *words: str, **variables: str) -> Ended:
        ask = ("rollback", "cutback", run, "-e", "production")
        return self.hrmsops(*ask, *FOR_REASON, *words, **variables)

    def one_step(self, *words: str) -> Any:
        """A run of one step, as `tests.rollback.one_step` tells of it."""
        ended = subprocess.run(
            [sys.executable, "-m", "tests.rollback.one_step", *words],
            cwd=self.client.home.root,
            env=environment(
                HRMSOPS_STATE_DIR=str(self.folder / "state"),
                HRMSOPS_PASSWORD=self.password(),
                HRMSOPS_ADMIN_PASSWORD=self.password("postgres"),
            ),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return json.loads(ended.stdout)

    def login(self, instance: str, role: str = "hrms_app") -> psycopg.Connection[Any]:
        """A session as the application's role, by the instance's own address."""
        port = self.client.instance(instance)["port"]
        return psycopg.connect(
            host="127.0.0.1",
            port=port,
            dbname="hrms",
            user=role,
            password=self.password(role),
            autocommit=True,
        )

    def is_closed(self, instance: str) -> bool:
        try:
            self.login(instance).close()
        except psycopg.OperationalError as error:
            return "is not permitted to log in" in str(error)
        return False

    def ask(self, method: str, path: str, body: Any = None) -> int:
        """The status of a request as a user makes it."""
        url = urlsplit(str(self.client.service(SERVICE)["uri"]))
        connection = http.client.HTTPConnection(url.netloc, timeout=20)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, json.dumps(body) if body else None, headers)
            return connection.getresponse().status
        finally:
            connection.close()


@dataclass
class Writers:
    """A worker that is left behind: it logs in as the application and writes, again and again.

    One thread keeps its session, another makes a new one for each row, a third asks the service as
    users do. `acknowledged` has the numbers that were committed, by thread.
    """

    cutting: Cutting
    instance: str
    table: str
    acknowledged: dict[str, list[int]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def keep_one(self) -> None:
        session = None
        for number in range(0, 1_000_000, 2):
            if self._stop.wait(0.01):
                return
            try:
                session = session or self.cutting.login(self.instance)
                self._write(session, "kept session", number)
            except psycopg.Error:
                session = None

    def one_each(self) -> None:
        for number in range(1, 1_000_000, 2):
            if self._stop.wait(0.05):
                return
            try:
                with self.cutting.login(self.instance) as session:
                    self._write(session, "new session", number)
            except psycopg.Error:
                continue

    def through_the_service(self) -> None:
        url = str(self.cutting.client.service(SERVICE)["uri"])
        for number in range(1_000_000):
            if self._stop.wait(0.05):
                return
            person = {"request_id": f"w-{number}", "staff_number": f"W-{number}", "name": "Kofi"}
            try:
                status = _posted(url, "/api/employees", person | {"hire_date": "2026-01-05"})
            except OSError:
                continue
            if status in (200, 201):
                self.acknowledged.setdefault("service", []).append(number)

    def _write(self, session: psycopg.Connection[Any], way: str, number: int) -> None:
        session.execute(f"INSERT INTO {self.table} VALUES ({number})".encode())
        self.acknowledged.setdefault(way, []).append(number)

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def writing(cutting: Cutting, instance: str, table: str) -> Iterator[Writers]:
    """Within, all write; the block begins once each has written a row."""
    writers = Writers(cutting, instance, table)
    ways = (writers.keep_one, writers.one_each, writers.through_the_service)
    threads = [threading.Thread(target=each) for each in ways]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 120
    while len(writers.acknowledged) < len(threads) and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield writers
    finally:
        writers.stop()
        for thread in threads:
            thread.join()


def _posted(url: str, path: str, body: Any) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(body), headers)
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
