"""Everything far away at once: slow calls, late logs, late metrics, another clock, no address.

One recovery is killed while it looks at the clone through a relay, gone on with, and promoted.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from hrmsops import steps
from hrmsops.engine.clock import SystemClock
from hrmsops.engine.entries import Finished
from hrmsops.engine.journal import Journal
from hrmsops.engine.run import Operator
from hrmsops.engine.store import LocalStore
from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.request_log import Entry, entries
from tests.command_line import Begun, Ended
from tests.fixtures.sandboxes import assert_replies_are_googles, hrmsops, take_down
from tests.rollback.estate import Recovery
from tests.sandbox.waiting import eventually

# The longest of them waits for a whole recovery, on a machine that has other things to do.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FAR = ("--rtt", "80ms", "--private-ip", "--metrics-lag", "240s", "--clone-delay", "12s")
LATE = ("--clock-skew", "10m", "--log-lag", "4s")
SKEW = timedelta(minutes=10)
SERVICE = "nhia-hrms-production-api"
NOTICED_SECONDS_MAX = 12.0
"""Three on a quiet machine, see test_noticing."""
RUN_SECONDS_MAX = 600


@pytest.fixture(scope="module")
def far() -> Iterator[Client]:
    with tempfile.TemporaryDirectory(prefix="hrmsops-tests-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder) / "sandbox")
        hrmsops("sandbox", "up", "--detach", "--dir", str(home.root), *FAR, *LATE)
        yield Client.of(home)
        take_down(home)
        assert_replies_are_googles(home)
        hrmsops("sandbox", "down", "--destroy", "--yes", "--dir", str(home.root))


@dataclass
class Story:
    """What was seen on the way, in the order in which it happened."""

    recovery: Recovery
    relay: str = ""
    status_without_token: int = 0
    addresses: tuple[str, ...] = ()
    status: dict[str, Any] | None = None
    resumed: Ended | None = None
    left_after_resume: tuple[str, ...] = ()
    promoted: Ended | None = None

    @property
    def clone(self) -> str:
        assert self.resumed is not None
        return str(self.resumed.document["clone"])


@pytest.fixture(scope="module")
def killed(far: Client, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A recovery whose process is killed while its relay stands, and what `status` then says."""
    recovery = Recovery(client=far, folder=tmp_path_factory.mktemp("engineer"))
    eventually(lambda: has_logs(far, recovery.source))
    recovery.query("DROP TABLE IF EXISTS lost_far")
    recovery.query("CREATE TABLE lost_far (id int PRIMARY KEY, amount int)")
    recovery.query("INSERT INTO lost_far SELECT n, n FROM generate_series(1, 500) n")
    moment = recovery.now()
    recovery.query("DELETE FROM lost_far WHERE id > 400")
    story = Story(recovery)
    process = recovery.start(*recovery.words(moment + SKEW))
    story.relay, url = until_the_clone_is_looked_at(far, process)
    story.status_without_token = requests.get(url, timeout=60).status_code
    process.kill()
    process.communicate(timeout=60)
    found = far.sql("GET", "instances")["items"]
    story.addresses = tuple(each["type"] for one in found for each in one["ipAddresses"])
    story.status = recovery.hrmsops("status", "-e", "production", "--json").document
    return story


def has_logs(client: Client, instance: str) -> bool:
    """Whether they are shipped as far as its first backup."""
    try:
        client.sql("GET", f"instances/{instance}/getLatestRecoveryTime")
    except SandboxRefused:
        return False
    return True


@pytest.fixture(scope="module")
def resumed(killed: Story) -> Story:
    """The same run, gone on with until the verified clone."""
    killed.resumed = typed(killed.recovery, "resume", "--json")
    killed.left_after_resume = relays(killed.recovery.client)
    return killed


@pytest.fixture(scope="module")
def promoted(resumed: Story) -> Story:
    """The clone takes the place of the damaged database."""
    assert resumed.resumed is not None
    run = str(resumed.resumed.document["run"])
    go_on = ("rollback", "pitr", "-e", "production", "--continue", run, "--promote")
    consent = ("--reason", "lost data", "--yes", "--confirm", resumed.recovery.source, "--json")
    resumed.promoted = typed(resumed.recovery, *go_on, *consent)
    return resumed


def typed(recovery: Recovery, *words: str) -> Ended:
    process = recovery.start(*words)
    out, err = process.communicate(timeout=RUN_SECONDS_MAX)
    return Ended(code=process.returncode, out=out, err=err)


def relays(client: Client) -> tuple[str, ...]:
    """The relays that are there, and not on their way out."""
    found = client.call("GET", "/v2/projects/nhia-hrms/locations/us-central1/services")
    names = [e["name"].rpartition("/")[2] for e in found["services"] if "deleteTime" not in e]
    return tuple(name for name in names if name.startswith("hrmsops-relay-"))


def until_the_clone_is_looked_at(client: Client, process: Begun) -> tuple[str, str]:
    """The relay of the run to its clone once it is ready, and its URL."""
    deadline = time.monotonic() + RUN_SECONDS_MAX
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        clones = [each["name"] for each in client.sql("GET", "instances")["items"]]
        for name in relays(client):
            service = client.service(name)
            run = service["labels"]["hrmsops-run"]
            is_of_run = any(clone.endswith(run) for clone in clones)
            if is_of_run and service.get("uri") and not service.get("reconciling"):
                return name, str(service["uri"])
        time.sleep(0.3)
    raise TimeoutError("No relay came up.")


def calls(client: Client) -> list[Entry]:
    return list(entries(client.home.logs / "requests.jsonl"))


def test_no_instance_tells_an_address_that_can_be_reached_from_here(killed: Story) -> None:
    assert set(killed.addresses) == {"PRIVATE"}


def test_a_relay_lets_nobody_in_without_a_token(killed: Story) -> None:
    assert killed.status_without_token == 403


def test_what_a_killed_process_left_is_named_with_the_command_that_deletes_it(
    killed: Story,
) -> None:
    assert killed.status is not None
    left = [each for each in killed.status["warnings"] if "was left behind:" in each]
    deletion = f"gcloud run services delete {killed.relay} --region us-central1 --project nhia-hrms"
    assert any(warning.endswith(deletion) for warning in left)


def test_late_metrics_are_told_as_unknown_and_not_as_zero(killed: Story) -> None:
    assert killed.status is not None
    assert killed.status["counted"] == {"minutes": 30, "age_seconds": None, "unknown": ""}
    assert {each["requests"] for each in killed.status["revisions"]} == {None}


def test_a_resumed_run_takes_the_same_relay_and_leaves_none(resumed: Story) -> None:
    assert resumed.resumed is not None
    assert resumed.resumed.code == 0, resumed.resumed.out + resumed.resumed.err
    made = [e.query["serviceId"] for e in calls(resumed.recovery.client) if "serviceId" in e.query]
    assert made.count(resumed.relay) == 1
    assert resumed.relay.startswith(f"hrmsops-relay-{resumed.resumed.document['run']}-")
    assert resumed.left_after_resume == ()


def test_the_clone_is_asked_for_once_and_verified_through_the_relay(resumed: Story) -> None:
    assert resumed.resumed is not None
    assert resumed.recovery.clones_asked_for(resumed.clone) == 1
    [table] = resumed.resumed.document["steps"][-1]["result"]["tables"]
    assert (table["table"], table["only_clone"]) == ("lost_far", 100)


def test_a_finished_clone_is_noticed_soon_on_one_call_a_look(resumed: Story) -> None:
    client = resumed.recovery.client
    found = client.sql("GET", f"operations?instance={resumed.clone}")["items"]
    [operation] = [each for each in found if each["operationType"] == "CLONE"]
    ended_at = operation["endTime"]
    assert resumed.resumed is not None
    run = journal(resumed.recovery).look(resumed.resumed.document["run"])
    noticed_at = next(
        line.at
        for line in run.lines
        if isinstance(line.entry, Finished)
        and run.plan.steps[line.entry.step - 1].name == "clone-instance"
    )
    ended = SystemClock().now().fromisoformat(ended_at) - SKEW
    assert (noticed_at - ended).total_seconds() <= NOTICED_SECONDS_MAX
    at_work = [e for e in calls(client) if operation["insertTime"] < e.time < ended_at]
    looks = [e for e in at_work if e.method == "GET" and resumed.clone in f"{e.path}{e.query}"]
    assert looks
    assert {e.path for e in looks} == {"/v1/projects/nhia-hrms/operations"}


def test_the_promoted_database_serves(promoted: Story) -> None:
    assert promoted.promoted is not None
    assert promoted.promoted.code == 0, promoted.promoted.out + promoted.promoted.err
    client = promoted.recovery.client
    service = client.service(SERVICE)
    [volume] = service["template"]["volumes"]
    [connection] = volume["cloudSqlInstance"]["instances"]
    assert connection.endswith(f":{promoted.clone}")
    assert requests.get(f"{service['uri']}/readyz", timeout=60).status_code == 200
    rows = promoted.recovery.query("SELECT count(*) FROM lost_far", instance=promoted.clone)
    assert rows == [(500,)]
    assert relays(client) == ()


def journal(recovery: Recovery) -> Journal:
    store = LocalStore(recovery.folder / "state" / "records")
    return Journal(store, steps.catalog(), SystemClock(), Operator(account="", host=""))
