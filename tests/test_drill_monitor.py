"""Users of a drill: what they were answered, and when that is an outage or its end."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hrmsops.sandbox.scenarios.monitor import OUTAGE, wait_until
from hrmsops.sandbox.traffic import Outcome, Traffic

CLOSED_PORT_URL = "http://127.0.0.1:1"


class FailsEachWriteOnce(BaseHTTPRequestHandler):
    """Answers 500 to the first sending of each request id, and 201 to the second."""

    seen: Counter[str]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen[body["request_id"]] += 1
        is_first = self.seen[body["request_id"]] == 1
        row = {"table": "t", "key": {"id": len(self.seen)}, "op": "insert", "columns": {}}
        reply = json.dumps(
            {"id": len(self.seen), "request_id": body["request_id"], "written": [row]}
        ).encode()
        self.send_response(500 if is_first else 201)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def failing_service() -> Iterator[tuple[str, Counter[str]]]:
    seen: Counter[str] = Counter()
    handler = type("Handler", (FailsEachWriteOnce,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


def traffic_to(url: str, folder: Path) -> Traffic:
    file = folder / "acknowledged.jsonl"
    return Traffic(url, acknowledged=file, clients=2, requests_per_second=100)


def with_outcomes(folder: Path, *, good: int, bad: int) -> Traffic:
    traffic = traffic_to(CLOSED_PORT_URL, folder)
    for status in [200] * good + [500] * bad:
        traffic.outcomes.append(Outcome(ended=time.monotonic(), status=status, seconds=0.01))
    return traffic


@pytest.mark.parametrize(
    ("good", "bad", "is_outage"), [(95, 5, True), (96, 4, False), (0, 19, False), (0, 20, True)]
)
def test_a_twentieth_of_at_least_twenty_requests_is_an_outage(
    tmp_path: Path, good: int, bad: int, is_outage: bool
) -> None:
    traffic = with_outcomes(tmp_path, good=good, bad=bad)
    assert OUTAGE.is_broken(traffic, since=0) is is_outage


def test_silence_is_not_health(tmp_path: Path) -> None:
    traffic = with_outcomes(tmp_path, good=0, bad=0)
    assert not OUTAGE.is_clean(traffic, since=0)


def test_production_is_well_only_after_a_whole_window_without_a_failure(tmp_path: Path) -> None:
    traffic = with_outcomes(tmp_path, good=50, bad=0)
    assert not OUTAGE.is_clean(traffic, since=time.monotonic())
    assert OUTAGE.is_clean(traffic, since=time.monotonic() - OUTAGE.window_seconds - 1)
    traffic.outcomes.append(Outcome(ended=time.monotonic(), status=500, seconds=0.01))
    assert not OUTAGE.is_clean(traffic, since=0)


def test_a_failed_write_is_sent_again_and_acknowledged_once(tmp_path: Path) -> None:
    with failing_service() as (url, seen):
        traffic = traffic_to(url, tmp_path)
        traffic.start()
        assert wait_until(lambda: len(traffic.outcomes) >= 20, seconds_max=10)
        traffic.stop()
    acknowledged = traffic.acknowledged()
    assert Counter(write.request_id for write in acknowledged) == Counter(
        request_id for request_id, times in seen.items() if times == 2
    )
    assert set(seen.values()) <= {1, 2}


def test_a_service_that_is_away_acknowledges_nothing(tmp_path: Path) -> None:
    traffic = traffic_to(CLOSED_PORT_URL, tmp_path)
    traffic.start()
    assert wait_until(lambda: len(traffic.outcomes) >= 4, seconds_max=10)
    traffic.stop()
    assert {outcome.status for outcome in traffic.outcomes} == {0}
    assert traffic.acknowledged() == []
