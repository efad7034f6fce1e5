"""The HRMS in miniature on a sandbox of its own, and the engineer who recovers its database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT
from tests.command_line import ROOT, Begun, Ended, begin, begin_python, ended, environment
from tests.rollback import faulted

if TYPE_CHECKING:
    from psycopg import Connection

SQL = "/v1/projects/nhia-hrms"
NOT_HELD = ("--no-hold", "--accept", "hold-skipped")
"""What is held is another test's: the sandbox is shared by all tests of a module."""


@dataclass
class Recovery:
    """One engineer with a state folder of its own, before the sandbox of all tests of a module."""

    client: Client
    folder: Path

    @property
    def source(self) -> str:
        return PRODUCTION.instance

    def password(self, role: str = "hrms_ops", *, instance: str = "") -> str:
        known = json.loads((self.client.home.root / "passwords.json").read_text())
        return str(known[f"{instance or self.source}/{role}"])

    def hrmsops(self, *words: str, **variables: str) -> Ended:
        return ended(self.start(*words, **variables), seconds=120)

    def python(self, *words: str, **variables: str) -> Ended:
        """A Python program in the engineer's place."""
        return ended(self.start_python(*words, **variables), seconds=120)

    def start(self, *words: str, **variables: str) -> Begun:
        """Begin a command line, for a test that kills it."""
        return begin(*words, cwd=self.client.home.root, variables=self.environment(**variables))

    def start_python(self, *words: str, **variables: str) -> Begun:
        at = self.client.home.root
        return begin_python(*words, cwd=at, variables=self.environment(**variables))

    def environment(self, **variables: str) -> dict[str, str]:
        own = {
            "HRMSOPS_STATE_DIR": str(self.folder / "state"),
            "HRMSOPS_PASSWORD": self.password(),
            "HRMSOPS_ADMIN_PASSWORD": self.password("postgres"),
            "PYTHONPATH": str(ROOT),
        }
        return environment(**own | variables)

    def pitr(self, at: datetime, *words: str, **variables: str) -> Ended:
        """`rollback pitr` as CI types it."""
        return self.hrmsops(*self.words(at), *words, **variables)

    def words(self, at: datetime) -> tuple[str, ...]:
        moment = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        ask = ("rollback", "pitr", "-e", "production", "--at", moment, "--reason", "lost data")
        return (*ask, *NOT_HELD, "--yes", "--json")

    def works(self) -> set[object]:
        """How the scheduler, the queue and the workers of production stand."""
        call = self.client.call
        pool = call("GET", f"/v2/{PARENT}/workerPools/{PRODUCTION.worker_pool}")
        return {
            call("GET", f"/v1/{PARENT}/jobs/{PRODUCTION.scheduler}")["state"],
            call("GET", f"/v2/{PARENT}/queues/{PRODUCTION.queue}")["state"],
            pool["scaling"]["manualInstanceCount"],
        }

    def let_work(self) -> None:
        """Everything of production works by itself, whoever has paused it."""
        call, pool = self.client.call, f"/v2/{PARENT}/workerPools/{PRODUCTION.worker_pool}"
        scheduler = f"/v1/{PARENT}/jobs/{PRODUCTION.scheduler}"
        if call("GET", scheduler)["state"] == "PAUSED":
            call("POST", f"{scheduler}:resume", {})
        call("POST", f"/v2/{PARENT}/queues/{PRODUCTION.queue}:resume", {})
        one = {"scaling": {"manualInstanceCount": 1}}
        self.client.finished(call("PATCH", f"{pool}?updateMask=scaling", one))

    def query(self, sql: str, *values: object, instance: str = "") -> list[tuple[Any, ...]]:
        """Rows of a query as the application's owner, committed."""
        with self.session(instance) as session:
            cursor = session.execute(sql.encode(), values or None)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def session(self, instance: str = "") -> Connection[tuple[Any, ...]]:
        """A session of the application's owner, each statement committed by itself."""
        import psycopg

        name = instance or self.source
        session = psycopg.connect(
            host="127.0.0.1",
            port=int(self.client.instance(name)["port"]),
            dbname="hrms",
            user="hrms_ops",
            password=self.password(),
            autocommit=True,
        )
        session.execute("SET ROLE hrms_app")
        return session

    def now(self) -> datetime:
        """The moment, by the database's clock, with every earlier commit before it."""
        return self.query("SELECT clock_timestamp()")[0][0].astimezone(UTC)  # type: ignore[no-any-return]

    def clones_asked_for(self, instance: str) -> int:
        """How many CLONE operations ever had that target."""
        found = self.client.call("GET", f"{SQL}/operations?instance={instance}")
        kinds = [each["operationType"] for each in found.get("items", ())]
        return kinds.count("CLONE")

    def instances(self) -> set[str]:
        found = self.client.call("GET", f"{SQL}/instances")
        return {str(each["name"]) for each in found["items"]}

    def until_met(self, fault: dict[str, Any], process: Begun) -> None:
        """Wait until a call has met the fault, or the process ended before it."""
        faulted.until_met(self.client, fault, process)

    def kill_when_met(self, fault: dict[str, Any], process: Begun) -> None:
        """SIGKILL the process while its call is in the fault's hands."""
        faulted.kill_when_met(self.client, fault, process)
