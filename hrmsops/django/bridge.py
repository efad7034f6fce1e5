"""Our side of the bridge: starts the agent in the HRMS's interpreter, asks it, hears its events."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from hrmsops.django.hiding import hidden
from hrmsops.django.parcel import parcel
from hrmsops.django.refusals import refused
from hrmsops.errors.agent import AgentGone
from hrmsops.errors.project import InterpreterMissing

Event = dict[str, Any]
Hear = Callable[[Event], None]

POLL_SECONDS = 0.5
END_SECONDS = 15.0
# The source comes by the pipe: an argument would show it to everyone who lists processes.
# Garbage is looked for seldom, and not at the end: what the HRMS loads is none, and looking took a
# third of the time.
_START = (
    "import sys,json,atexit,gc;gc.set_threshold(100000,50,50);atexit.register(gc.freeze);"
    "exec(compile(json.loads(sys.stdin.readline()),'hrmsops','exec'))"
)


@dataclass(frozen=True, kw_only=True)
class Project:
    """The HRMS's code at hand: where manage.py is, its interpreter and its settings."""

    root: Path
    python: str
    settings: str
    alias: str


@dataclass(frozen=True, kw_only=True)
class Login:
    """How the agent reaches the database; it goes through a pipe, and into no record."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)
    role: str
    sslmode: str = ""
    """What the way asks for; "" leaves it to the project's own settings."""

    def as_settings(self) -> dict[str, object]:
        """The keys of Django's DATABASES that it overrides."""
        return {
            "HOST": self.host,
            "PORT": self.port,
            "NAME": self.name,
            "USER": self.user,
            "PASSWORD": self.password,
        }


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The timeouts of the migrating session; a schema change waits for locks at most for `lock`."""

    statement: timedelta
    lock: timedelta
    idle: timedelta = timedelta(minutes=5)

    @property
    def milliseconds(self) -> dict[str, int]:
        return {f"{k}_ms": v // timedelta(milliseconds=1) for k, v in asdict(self).items()}


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who migrates, in which run, with which code: what the ledger keeps beside each migration."""

    run: str
    operator: str
    image: str
    commit: str


class Migrator(Protocol):
    """Whoever answers for the HRMS's Django: a process beside us, or a job in the cloud."""

    session: Event
    """What the session is, read back from the server; {} before it was there."""

    def ready(self, hear: Hear) -> Event: ...
    def ask(self, do: str, hear: Hear, **facts: Any) -> Event: ...
    def close(self) -> None: ...


class Helper:
    """A running process of ours beside the HRMS's code: a source, a request, then questions.

    `ask` one thing at a time; `close` ends it, and what it has under way.
    """

    def __init__(
        self,
        project: Project,
        *,
        source: str,
        request: dict[str, Any],
        address: str,
        password: str = "",
    ) -> None:
        """`address`: of the database, for what it refuses; `password`: what nothing may quote.

        Raises InterpreterMissing.
        """
        self._address, self._password = address, password
        self._process = _started(project)
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._words: list[str] = []
        self.session: Event = {}
        self._readers = [
            threading.Thread(target=read, daemon=True)
            for read in (self._read_events, self._read_words)
        ]
        for reader in self._readers:
            reader.start()
        self._send(source)
        self._send(request)

    def ready(self, hear: Hear) -> Event:
        """What the session is, read back from the server, once it is there."""
        self.session = self._until("ready", hear)
        return self.session

    def ask(self, do: str, hear: Hear, **facts: Any) -> Event:
        """The answer to one request; `hear` gets each event before it."""
        self._send({"do": do, **facts})
        return self._until("answer", hear)

    def close(self) -> None:
        """End it; its input's end cancels what it is doing. Nothing happens where it has gone."""
        if self._process.stdin and not self._process.stdin.closed:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader, pipe in zip(
            self._readers, (self._process.stdout, self._process.stderr), strict=True
        ):
            reader.join(POLL_SECONDS)
            if pipe and not reader.is_alive():
                pipe.close()

    def kill(self) -> None:
        """End it at once: whoever waits for an answer hears that it has gone."""
        self._process.kill()

    def _until(self, name: str, hear: Hear) -> Event:
        while True:
            event = self._next()
            if event["event"] == name:
                return event
            if event["event"] == "refused":
                facts = hidden(event["facts"], self._password)
                raise refused(event["kind"], facts, address=self._address)
            hear(event)

    def _next(self) -> Event:
        """Waits in short turns, so that a signal is met at once."""
        while True:
            try:
                event = self._events.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if event is None:
                code = self._process.wait()
                # Later words are the project's own, and can hold anything.
                words = "" if self.session else "".join(self._words)
                raise AgentGone(code=code, words=hidden(words, self._password))
            return event

    def _send(self, document: object) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(document) + "\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return  # The end of its events tells why.

    def _read_events(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def _read_words(self) -> None:
        """What the project prints is not shown: it can hold anything. The agent's own end is."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if line.strip() and (not self._words or line[0] not in " \t"):
                self._words = [line.strip()[:300]]


class Agent(Helper):
    """The helper that migrates."""

    def __init__(
        self,
        project: Project,
        login: Login,
        *,
        limits: Limits,
        origin: Origin,
        app_roles: tuple[str, ...],
        lock: bool,
        lock_wait: timedelta,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """`lock`: hold the database's migration lock, waiting for it where our own run has it.

        `more` are modules that are sent along. Raises what the agent refuses, and AgentGone.
        """
        super().__init__(
            project,
            source=parcel("agent", more=more),
            request=request_of(
                settings=project.settings,
                alias=project.alias,
                database=login.as_settings(),
                role=login.role,
                limits=limits,
                origin=origin,
                app_roles=app_roles,
                lock=lock,
                lock_wait=lock_wait,
            )
            | {"sslmode": login.sslmode},
            address=f"{login.host}:{login.port}",
            password=login.password,
        )


def request_of(
    *,
    settings: str,
    alias: str,
    database: dict[str, object],
    role: str,
    limits: Limits,
    origin: Origin,
    app_roles: tuple[str, ...],
    lock: bool,
    lock_wait: timedelta,
) -> dict[str, Any]:
    """What an agent is told before anything is asked of it."""
    return {
        "settings": settings,
        "alias": alias,
        "database": database,
        "role": role,
        "timeouts": limits.milliseconds,
        "application_name": f"hrmsops {origin.run}",
        "app_roles": list(app_roles),
        "lock": lock,
        "lock_wait_seconds": lock_wait.total_seconds(),
        **asdict(origin),
    }


def _started(project: Project) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            [project.python, "-c", _START],
            cwd=project.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Ctrl-C is for us; the agent hears of it by its input's end.
            start_new_session=True,
        )
    except OSError as error:
        raise InterpreterMissing(
            python=project.python, root=str(project.root), why=f"{error.strerror}."
        ) from error
