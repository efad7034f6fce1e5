"""The agent as a Cloud Run job of the image whose code is wanted: nothing is installed for it."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, LiteralString

from hrmsops.errors.agent import JobEnded
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.django.bridge import Event, Hear
    from hrmsops.postgres.session import Session, Target

POLL = timedelta(seconds=0.5)
END = timedelta(seconds=30)
"""For a job that has answered to be seen as over."""
CHANGING = ("apply", "reverse")
"""What is asked under the lock: a job that only looks must not wait for it."""
AGENT, REQUEST = "HRMSOPS_AGENT", "HRMSOPS_REQUEST"
_EXISTS: LiteralString = "SELECT to_regclass('hrmsops.answers') IS NOT NULL"
_EVENTS: LiteralString = """
    SELECT number, event FROM hrmsops.answers WHERE ask = %s AND number > %s ORDER BY number
"""


class JobAgent:
    """Each request is one execution, whose events are read from the database.

    It logs in as the application does, with the variables of the revision that serves: no password
    travels. It goes on where we are killed, and is found again by what it has done.
    """

    def __init__(
        self, world: World, target: Target, *, run: str, image: str, request: dict[str, Any]
    ) -> None:
        """`request` is what every execution is told, the lock left open."""
        self._world, self._target, self._request = world, target, request
        self._job = f"hrmsops-migrate-{run}"
        self._image = image
        self._execution, self._has_answered = "", True
        self.session: Event = {}

    def ready(self, hear: Hear) -> Event:
        """Make the job; what its sessions are is known with the first answer."""
        from hrmsops.django.parcel import FROM_VARIABLES, in_variables, parcel

        world = self._world
        serving = world.cloud_run.service(world.service_name).serving
        template = world.run_documents.template(f"{world.service_name}/revisions/{serving}")
        world.jobs.make(
            self._job,
            of=template,
            image=self._image or template["containers"][0]["image"],
            command=("python", "-c", FROM_VARIABLES.format(name=AGENT)),
            env=in_variables(AGENT, parcel("agent", "main_of_job")),
        )
        return {}

    def ask(self, do: str, hear: Hear, **facts: Any) -> Event:
        """Run the job with one request, and follow it to its answer. Raises JobEnded."""
        from hrmsops.django.parcel import packed

        ask = f"{self._job} {secrets.token_hex(8)}"
        asked = {"do": do, **facts}
        request = {**self._request, "lock": do in CHANGING, "ask": ask, "asked": asked}
        env = {REQUEST: packed(json.dumps(request))}
        self._has_answered = False
        self._execution = self._world.jobs.run(self._job, env=env)
        hear({"event": "execution", "name": self._execution})
        return self._followed(ask, hear)

    def close(self) -> None:
        """Take the job away; one that is still at work is left to its end."""
        until = self._world.clock.now() + END
        while self._execution and not self._world.jobs.execution(self._execution).is_over:
            if not self._has_answered or self._world.clock.now() >= until:
                return
            self._world.clock.sleep(POLL)
        self._world.jobs.delete(self._job)

    def _followed(self, ask: str, hear: Hear) -> Event:
        from hrmsops.django.refusals import refused
        from hrmsops.postgres.session import connect

        seen = 0
        with connect(self._target, read_only=True) as session:
            while True:
                # Looked at first, so that what it wrote before its end is read after that.
                execution = self._world.jobs.execution(self._execution)
                for number, event in self._events(session, ask, seen):
                    seen = number
                    self._has_answered = event["event"] in ("answer", "refused")
                    match event["event"]:
                        case "ready":
                            self.session = event
                        case "answer":
                            return event
                        case "refused":
                            address = self._target.address
                            raise refused(event["kind"], event["facts"], address=address)
                        case _:
                            hear(event)
                if execution.is_over:
                    raise JobEnded(execution=execution.name, why=execution.failure)
                self._world.clock.sleep(POLL)

    def _events(self, session: Session, ask: str, after: int) -> list[tuple[int, Event]]:
        if session.execute(_EXISTS).fetchone() != (True,):
            return []
        return session.execute(_EVENTS, [ask, after]).fetchall()
