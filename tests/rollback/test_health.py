"""What a health check may say of a revision, and when it may say nothing."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hrmsops import config
from hrmsops.errors.rollback import TrafficChanged
from hrmsops.sandbox.cloud_run.names import service_name
from hrmsops.steps.cloud_run.health import CheckHealth, overall, until_well
from hrmsops.world import World
from tests.engine.world import HandClock, journal_in, plan_of
from tests.rollback.facts import environment
from tests.rollback.production import Production


@pytest.fixture
def flaky() -> Iterator[str]:
    """The URL of an application that answers every fifth request with 500."""
    requests = itertools.count(1)

    class Flaky(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if next(requests) % 5 else 500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Flaky) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_release_that_fails_one_request_in_five_is_not_well_for_waiting(
    flaky: str, tmp_path: Path
) -> None:
    """The round in which the time is up may be a good one."""
    world = World(environment(tmp_path), clock=HandClock())
    run = journal_in(tmp_path).begin(plan_of(), fence=1)
    probes, _seconds = until_well(world, run, flaky, ["/readyz"], host="", rounds=10)
    assert overall(probes) == "unhealthy"


def test_health_of_another_revision_says_nothing_of_ours(
    production: Production, tmp_path: Path
) -> None:
    """A deploy between the shift and the check would else be remembered as the good one."""
    first, second = production.revisions
    found = config.load(production.folder / "hrmsops.toml").environment("production")
    run = journal_in(tmp_path).begin(plan_of(), fence=1)
    name = service_name(production.service)

    ours = CheckHealth(service=name, paths=("/readyz",), revision=second)
    assert ours.apply(World(found), run)["verdict"] == "healthy"
    theirs = CheckHealth(service=name, paths=("/readyz",), revision=first)
    with pytest.raises(TrafficChanged):
        theirs.apply(World(found), run)
