"""Live traffic: clients that write through the service's URL and keep every acknowledgement."""

from __future__ import annotations

import http.client
import json
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from hrmsops.sandbox.habits import adding
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.writes import Acknowledged, Habit, Row, Write, acknowledged

ANSWER_SECONDS_MAX = 15.0
# Clients write their outcomes down almost, but not quite, in the order of their ends.
DISORDER_SECONDS = 1.0


@dataclass(frozen=True)
class Outcome:
    """How one request ended: `ended` on the monotonic clock, status 0 when none came back."""

    ended: float
    status: int
    seconds: float

    @property
    def is_failed(self) -> bool:
        return not 200 <= self.status < 300

    @property
    def is_refused(self) -> bool:
        """The service understood, and has written nothing."""
        return 400 <= self.status < 500


@dataclass(frozen=True)
class Count:
    """Requests that ended within a span of time, and how many of them failed."""

    requests: int
    failed: int

    @property
    def error_rate(self) -> float:
        return self.failed / self.requests if self.requests else 0.0


class Traffic:
    """Several clients, each sending one write after the other until `stop`.

    A write that failed is sent again with the same request id, as a careful client does, unless
    the service has refused it (4xx); only what was answered with 2xx and its own request id counts
    as acknowledged, and is appended to the file `acknowledged` (a JSON object a row and line).
    """

    def __init__(
        self,
        url: str,
        *,
        acknowledged: Path,
        clients: int,
        requests_per_second: float,
        habit: Habit = adding,
    ) -> None:
        self.url, self.acknowledged_file = url, acknowledged
        self.outcomes: list[Outcome] = []
        self._unanswered: dict[str, tuple[Row, ...]] = {}
        self._habit = habit
        self._stopping = threading.Event()
        self._recording = threading.Lock()
        pause_seconds = clients / requests_per_second
        self._threads = [
            threading.Thread(target=self._client, args=(pause_seconds,), daemon=True)
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

    @property
    def in_doubt(self) -> frozenset[Row]:
        """Rows that a write may have changed of which nobody heard how it ended."""
        with self._recording:
            return frozenset(row for rows in self._unanswered.values() for row in rows)

    def acknowledged(self) -> list[Acknowledged]:
        """What the file holds: every row of every write that was acknowledged so far, in order."""
        lines = self.acknowledged_file.read_text(encoding="utf-8").splitlines()
        return [Acknowledged(**json.loads(line)) for line in lines]

    def _client(self, pause_seconds: float) -> None:
        connection = Connection(self.url)
        writes = self._habit(secrets.token_hex(4))
        due = time.monotonic()
        write = next(writes)
        while not self._stopping.is_set():
            is_settled, answer = self._send(connection, write)
            if is_settled:
                write = writes.send(answer)
            due = max(due + pause_seconds, time.monotonic())
            self._stopping.wait(due - time.monotonic())
        connection.close()

    def _send(self, connection: Connection, write: Write) -> tuple[bool, Json | None]:
        """Whether there is no need to send it again, and what was answered; None: refused."""
        began = time.monotonic()
        status, answer = connection.send(write.method, write.path, write.body)
        ended = time.monotonic()
        outcome = Outcome(ended=ended, status=status, seconds=ended - began)
        is_acknowledged = not outcome.is_failed and answer.get("request_id") == write.request_id
        with self._recording:
            self.outcomes.append(outcome)
            if is_acknowledged:
                self._unanswered.pop(write.request_id, None)
                for row in acknowledged(write, answer):
                    self._file.write(json.dumps(asdict(row)) + "\n")
                self._file.flush()
            elif not outcome.is_refused:
                self._unanswered[write.request_id] = write.touches
        return is_acknowledged or outcome.is_refused, answer if is_acknowledged else None


class Connection:
    """One kept-alive connection to the service, opened again after a failure."""

    def __init__(self, url: str) -> None:
        self._http = http.client.HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_SECONDS_MAX)

    def send(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        """Status and JSON answer; status 0 when no whole answer came back."""
        try:
            self._http.request(
                method, path, json.dumps(body), headers={"Content-Type": "application/json"}
            )
            reply = self._http.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException):
            self._http.close()
            return 0, {}
        return reply.status, _object(text)

    def close(self) -> None:
        self._http.close()


def _object(text: bytes) -> Json:
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
