"""Live traffic: clients that write through the service's URL and keep every acknowledgement."""

from __future__ import annotations

import http.client
import json
import secrets
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

ANSWER_SECONDS_MAX = 15.0
# Clients write their outcomes down almost, but not quite, in the order of their ends.
DISORDER_SECONDS = 1.0
EMPLOYEES, LEAVE_REQUESTS = "employees_employee", "leave_leaverequest"


@dataclass(frozen=True)
class Outcome:
    """How one request ended: `ended` on the monotonic clock, status 0 when none came back."""

    ended: float
    status: int
    seconds: float

    @property
    def is_failed(self) -> bool:
        return not 200 <= self.status < 300


@dataclass(frozen=True)
class Acknowledged:
    """A write that the service has answered for: it said that this row is committed."""

    request_id: str
    table: str
    row_id: int


@dataclass(frozen=True)
class Count:
    """Requests that ended within a span of time, and how many of them failed."""

    requests: int
    failed: int

    @property
    def error_rate(self) -> float:
        return self.failed / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class Write:
    """One write, the same each time that it is sent."""

    path: str
    table: str
    body: dict[str, object]


class Traffic:
    """Several clients, each sending one write after the other until `stop`.

    A write that failed is sent again with the same request id, as a careful client does; only
    what was answered with 2xx and its own request id counts as acknowledged, and is appended to
    the file `acknowledged` (a JSON object a line).
    """

    def __init__(
        self, url: str, *, acknowledged: Path, clients: int, requests_per_second: float
    ) -> None:
        self.url, self.acknowledged_file = url, acknowledged
        self.outcomes: list[Outcome] = []
        self._stopping = threading.Event()
        self._recording = threading.Lock()
        self._threads = [
            threading.Thread(target=self._client, args=(clients / requests_per_second,))
            for _ in range(clients)
        ]

    def start(self) -> None:
        self._file: TextIO = self.acknowledged_file.open("a", encoding="utf-8")
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each client end the request it is in."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._file.close()

    def counted(self, *, since: float, until: float | None = None) -> Count:
        """The requests that ended between two moments of the monotonic clock."""
        ended: list[Outcome] = []
        for outcome in reversed(self.outcomes):
            if outcome.ended < since - DISORDER_SECONDS:
                break
            if since <= outcome.ended and (until is None or outcome.ended < until):
                ended.append(outcome)
        return Count(requests=len(ended), failed=sum(outcome.is_failed for outcome in ended))

    def by_second(self, *, since: float) -> list[Count]:
        """One count for each whole second from a moment of the monotonic clock to now."""
        seconds = int(time.monotonic() - since)
        return [self.counted(since=since + n, until=since + n + 1) for n in range(seconds)]

    def acknowledged(self) -> list[Acknowledged]:
        """What the file holds: every write that was acknowledged so far."""
        lines = self.acknowledged_file.read_text(encoding="utf-8").splitlines()
        return [Acknowledged(**json.loads(line)) for line in lines]

    def _client(self, pause_seconds: float) -> None:
        connection = Connection(self.url)
        writes = _writes(secrets.token_hex(4))
        due = time.monotonic()
        row_id: int | None = None
        write = next(writes)
        while not self._stopping.is_set():
            row_id = self._send(connection, write)
            if row_id is not None:
                write = writes.send(row_id)
            due = max(due + pause_seconds, time.monotonic())
            self._stopping.wait(due - time.monotonic())
        connection.close()

    def _send(self, connection: Connection, write: Write) -> int | None:
        began = time.monotonic()
        status, answer = connection.post(write.path, write.body)
        ended = time.monotonic()
        outcome = Outcome(ended=ended, status=status, seconds=ended - began)
        request_id = str(write.body["request_id"])
        is_acknowledged = not outcome.is_failed and answer.get("request_id") == request_id
        with self._recording:
            self.outcomes.append(outcome)
            if is_acknowledged:
                line = {"request_id": request_id, "table": write.table, "row_id": answer["id"]}
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()
        return int(answer["id"]) if is_acknowledged else None  # type: ignore[call-overload]


class Connection:
    """One kept-alive connection to the service, opened again after a failure."""

    def __init__(self, url: str) -> None:
        self._http = http.client.HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_SECONDS_MAX)

    def post(self, path: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
        """Status and JSON answer; status 0 when no whole answer came back."""
        try:
            self._http.request(
                "POST", path, json.dumps(body), headers={"Content-Type": "application/json"}
            )
            reply = self._http.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException):
            self._http.close()
            return 0, {}
        return reply.status, _object(text)

    def close(self) -> None:
        self._http.close()


def _object(text: bytes) -> dict[str, object]:
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _writes(client: str) -> Generator[Write, int, None]:
    """One employee after the other, each with a leave request; is sent the key of the last row."""
    for number in count(1):
        name = f"{client}-{number:06d}"
        employee = yield Write(
            path="/api/employees",
            table=EMPLOYEES,
            body={
                "request_id": f"employee-{name}",
                "staff_number": name,
                "name": f"Employee {name}",
                "hire_date": "2024-01-01",
            },
        )
        yield Write(
            path="/api/leave-requests",
            table=LEAVE_REQUESTS,
            body={
                "request_id": f"leave-{name}",
                "employee": employee,
                "leave_type": "annual",
                "starts_on": "2024-07-01",
                "ends_on": "2024-07-05",
            },
        )
