"""A server for the tests of migrations, a database and a project for each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hrmsops.django.bridge import Agent, Limits, Login, Origin
from hrmsops.postgres.session import Target
from tests.migrate.projects import Source
from tests.postgres.conftest import Server, server

__all__ = ["server"]

LIMITS = Limits(statement=timedelta(seconds=30), lock=timedelta(seconds=10))


class Bench:
    """A project, its database, and agents between the two."""

    def __init__(self, source: Source, target: Target) -> None:
        self.source, self.target = source, target
        self.events: list[dict[str, Any]] = []
        self._agents: list[Agent] = []

    def agent(self, *, run: str = "run-1", limits: Limits = LIMITS, **changes: Any) -> Agent:
        """A new agent that is ready and holds the lock; what others told is forgotten."""
        self.events.clear()
        target = self.target
        login = Login(
            **{
                "host": target.host,
                "port": target.port,
                "name": target.database,
                "user": target.user,
                "password": target.password,
                "role": target.owner_role,
                **changes,
            }
        )
        made = Agent(
            self.source.project,
            login,
            limits=limits,
            origin=Origin(run=run, operator="oncall@nhia.example", image="", commit="c0ffee"),
            app_roles=("hrms_app",),
            lock=True,
            lock_wait=timedelta(seconds=20),
        )
        self._agents.append(made)
        made.ready(self.events.append)
        return made

    def plan(self, agent: Agent, app: str | None = None, to: str | None = None) -> dict[str, Any]:
        return agent.ask("plan", self.events.append, app=app, to=to)

    def apply(self, agent: Agent, name: str, *, repeat: bool = False) -> dict[str, Any]:
        """Apply one migration of the app `staff`, as it is in the code now."""
        found = self.plan(agent)["migrations"]
        [fingerprint] = [each["fingerprint"] for each in found if each["name"] == name] or [""]
        return agent.ask(
            "apply",
            self.events.append,
            app="staff",
            name=name,
            fingerprint=fingerprint,
            plan=[["staff", name]],
            repeat=repeat,
        )

    def told(self, event: str) -> list[dict[str, Any]]:
        return [each for each in self.events if each["event"] == event]

    def end(self) -> None:
        for agent in self._agents:
            agent.close()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "project")


@pytest.fixture
def bench(server: Server, source: Source) -> Iterator[Bench]:
    made = Bench(source, server.target(server.database()))
    yield made
    made.end()
