"""URLs split their requests, keep those in flight, and say when nobody is there."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from hrmsops.sandbox.home import Home
from hrmsops.sandbox.images import Images
from hrmsops.sandbox.ingress import Ingress
from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.proxy import is_loopback
from hrmsops.sandbox.runtime import Runtime
from hrmsops.sandbox.traffic_split import TrafficSplit
from hrmsops.sandbox.workload import Workload
from tests.sandbox.small_images import write_image
from tests.sandbox.waiting import eventually

HOST = "nhia-hrms-production-api-abcdefghij-uc.a.run.app"


class World:
    """One ingress over one runtime, and revisions of one image."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "sandbox")
        self.home.prepare()
        self.images = Images(self.home)
        self.digest = self.images.add(write_image(folder / "image"), "api")
        self.runtime = Runtime(self.home, self.images, Instances(self.home))
        self.ingress = Ingress(self.home, self.runtime, idle_seconds=0.05)

    def revision(self, name: str) -> Workload:
        return Workload(name=name, digest=self.digest, env={"K_REVISION": name})

    def publish(self, *targets: tuple[str, int], key: str = "api", access: str = "open") -> str:
        workloads = tuple((self.revision(name), percent) for name, percent in targets)
        return self.ingress.publish(key, host=HOST, targets=workloads, access=access)

    def end(self) -> None:
        self.ingress.close()
        self.runtime.stop_all()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.end()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def raw(url: str, request: bytes) -> bytes:
    """Bytes in, bytes out, until the other side closes."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_twenty_percent_are_twenty_percent(world: World, session: requests.Session) -> None:
    url = world.publish(("r1", 80), ("r2", 20))

    seen = Counter(session.get(url, timeout=10).json()["revision"] for _ in range(100))

    assert abs(seen["r2"] - 20) <= 1
    assert seen["r1"] + seen["r2"] == 100


@pytest.mark.parametrize("percents", [(100,), (99, 1), (50, 50), (0, 60, 40), (34, 33, 33)])
def test_a_split_is_close_to_its_percents_at_every_moment(percents: tuple[int, ...]) -> None:
    workloads = [Workload(name=f"r{number}", digest="") for number in range(len(percents))]
    split, seen = TrafficSplit(list(zip(workloads, percents, strict=True))), Counter[str]()

    for count in range(1, 1001):
        seen[split.next().name] += 1
        for workload, percent in zip(workloads, percents, strict=True):
            assert abs(seen[workload.name] - count * percent / 100) < 3.5


def test_percents_that_do_not_sum_to_a_hundred_are_refused(world: World) -> None:
    with pytest.raises(ValueError, match="sum to 100"):
        world.publish(("r1", 80))


def test_the_application_sees_the_services_host_and_the_client(
    world: World, session: requests.Session
) -> None:
    url = world.publish(("r1", 100))

    seen = dict(session.get(f"{url}/a//b?c=%20d", timeout=10).json())

    headers = {name.lower(): value for name, value in seen["headers"]}
    assert seen["path"] == "/a//b?c=%20d"
    assert headers["host"] == HOST
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == ("127.0.0.1", "https")
    assert "connection" not in headers


def test_a_host_that_a_client_names_itself_is_passed_on(
    world: World, session: requests.Session
) -> None:
    url = world.publish(("r1", 100))

    seen = session.get(url, headers={"Host": "hrms.nhia.example"}, timeout=10).json()

    assert ["Host", "hrms.nhia.example"] in seen["headers"]


@pytest.mark.parametrize(
    ("host", "is_so"),
    [
        ("127.0.0.1:20123", True),
        ("localhost", True),
        ("[::1]:80", True),
        ("", True),
        ("hrms.nhia.example:443", False),
        ("10.0.0.1", False),
        ("run.app", False),
    ],
)
def test_a_loopback_address_says_nothing_of_a_service(host: str, is_so: bool) -> None:
    assert is_loopback(host) is is_so


def test_what_is_meant_for_one_hop_goes_no_further(world: World) -> None:
    url = world.publish(("r1", 100))
    request = (
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\n"
    )

    reply = raw(url, request + b"X-Yours: 2\r\n\r\n")

    head, _, body = reply.partition(b"\r\n\r\n")
    names = {name for name, _ in json.loads(body)["headers"]}
    assert "X-Yours" in names
    assert names.isdisjoint({"X-Mine", "TE", "Connection"})
    assert head.count(b"Set-Cookie: ") == 2
    assert b"Connection: close" in head


def test_a_connection_is_kept_on_both_sides(world: World) -> None:
    parts = urlsplit(world.publish(("r1", 100)))
    client = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    sockets = set()
    for method in ("GET", "HEAD", "POST", "DELETE"):
        client.request(method, "/", b"body")
        reply = client.getresponse()
        assert (reply.status, reply.version, bool(reply.read())) == (200, 11, method != "HEAD")
        sockets.add(client.sock.getsockname())

    assert len(sockets) == 1
    client.close()


def blocks(count: int, size: int) -> Iterator[bytes]:
    for number in range(count):
        yield bytes([number % 251]) * size


@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_request_of_many_megabytes_is_streamed(
    world: World, session: requests.Session, is_chunked: bool
) -> None:
    url = world.publish(("r1", 100))
    whole = b"".join(blocks(20, 300_000))

    seen = session.post(url, blocks(20, 300_000) if is_chunked else whole, timeout=30).json()

    assert (seen["bytes"], seen["sum"]) == (len(whole), sum(whole))


def test_a_reply_of_many_megabytes_is_streamed(world: World, session: requests.Session) -> None:
    url = world.publish(("r1", 100))

    with session.get(f"{url}/stream?n=300", stream=True, timeout=30) as reply:
        assert reply.headers["Transfer-Encoding"] == "chunked"
        assert "Keep-Alive" not in reply.headers
        assert sum(len(block) for block in reply.iter_content(65536)) == 300 * 65536
    assert session.get(url, timeout=10).status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked",
        b"Content-Length: 4\r\nContent-Length: 5",
        b"Content-Length: +4",
        b"Transfer-Encoding: gzip, chunked",
    ],
)
def test_a_request_whose_end_is_unclear_is_refused(world: World, head: bytes) -> None:
    url = world.publish(("r1", 100))

    reply = raw(url, b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\nabcd")

    assert reply.startswith(b"HTTP/1.1 400 ")
    assert reply.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("access", "headers", "status"),
    [
        ("iam", {}, 403),
        ("iam", {"Authorization": "Basic eDp5"}, 403),
        ("iam", {"Authorization": "Bearer token"}, 200),
        ("internal", {"Authorization": "Bearer token"}, 404),
    ],
)
def test_a_closed_url_lets_in_whom_it_should(
    world: World, session: requests.Session, access: str, headers: dict[str, str], status: int
) -> None:
    url = world.publish(("r1", 100), access=access)

    assert session.get(f"{url}/<x>", headers=headers, timeout=10).status_code == status
    assert world.runtime.is_running("r1") is (status == 200)


def test_a_change_of_traffic_cuts_no_request_in_flight(
    world: World, session: requests.Session
) -> None:
    url, seen = world.publish(("r1", 100)), list[Any]()
    slow = threading.Thread(
        target=lambda: seen.append(requests.get(f"{url}/slow?s=4", timeout=30).json())
    )
    slow.start()
    log = world.home.logs / "r1.log"
    eventually(lambda: log.exists() and "slow request begun" in log.read_text())

    assert world.publish(("r2", 100)) == url
    assert session.get(url, timeout=10).json()["revision"] == "r2"
    assert world.ingress.in_flight("r1") == 1
    assert world.runtime.is_running("r1")
    slow.join(30)

    assert seen[0]["revision"] == "r1"
    eventually(lambda: not world.runtime.is_running("r1"))


def test_a_revision_that_a_tag_uses_stays(world: World, session: requests.Session) -> None:
    url = world.publish(("r1", 100))
    tag = world.publish(("r1", 100), key="api/last-good")
    session.get(url, timeout=10)

    world.publish(("r2", 100))
    world.ingress.release("r1")
    time.sleep(0.2)

    assert world.runtime.is_running("r1")
    assert session.get(tag, timeout=10).json()["revision"] == "r1"
    world.ingress.withdraw("api/last-good")
    eventually(lambda: not world.runtime.is_running("r1"))
    with pytest.raises(requests.ConnectionError):
        requests.get(tag, timeout=10)


def test_no_request_fails_while_traffic_moves_back_and_forth(world: World) -> None:
    url, statuses, until = world.publish(("r1", 100)), Counter[int](), time.monotonic() + 1.5

    def client() -> None:
        with requests.Session() as session:
            while time.monotonic() < until:
                statuses[session.post(url, b"x", timeout=10).status_code] += 1

    clients = [threading.Thread(target=client) for _ in range(4)]
    for each in clients:
        each.start()
    while time.monotonic() < until:
        for name in ("r2", "r1"):
            world.publish((name, 100))
            time.sleep(0.12)
    for each in clients:
        each.join(10)

    assert set(statuses) == {200}


def test_a_killed_revision_is_started_again_by_the_next_request(
    world: World, session: requests.Session
) -> None:
    url = world.publish(("r1", 100))
    first = session.get(url, timeout=10).json()["pid"]
    for method in ("GET", "POST"):
        world.runtime.crash("r1")

        reply = session.request(method, url, data=b"x", timeout=10)

        assert reply.json()["pid"] != first
        first = reply.json()["pid"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_that_kills_its_instance_is_unavailable_and_the_next_is_fine(
    world: World, session: requests.Session, method: str
) -> None:
    url = world.publish(("r1", 100))

    reply = session.request(method, f"{url}/die", timeout=10)

    assert (reply.status_code, reply.text) == (503, "Service Unavailable")
    # It closes the connection first; what still reaches it meanwhile may fail with it.
    eventually(lambda: not world.runtime.is_running("r1"))
    assert session.post(url, timeout=10).status_code == 200


def test_a_revision_that_cannot_start_is_unavailable(
    world: World, session: requests.Session
) -> None:
    broken = Workload(name="r1", digest=world.digest, command=("false",))
    url = world.ingress.publish("api", host=HOST, targets=((broken, 100),), access="open")

    assert session.post(url, b"x" * 100_000, timeout=10).status_code == 503
    assert session.get(url, timeout=10).status_code == 503


def test_a_reply_that_takes_too_long_is_a_timeout(world: World) -> None:
    url = world.publish(("r1", 100))
    world.ingress.request_timeout_seconds = 0.2

    reply = requests.get(f"{url}/slow?s=1", timeout=10)

    assert (reply.status_code, reply.text) == (504, "upstream request timeout")


def test_a_url_without_targets_is_not_found(world: World, session: requests.Session) -> None:
    assert session.get(world.publish(), timeout=10).status_code == 404


def test_a_url_keeps_its_port_when_the_daemon_is_another(world: World) -> None:
    url, tag = world.publish(("r1", 100)), world.publish(("r1", 100), key="api/t")
    world.ingress.close()

    world.ingress = Ingress(world.home, world.runtime, idle_seconds=0.05)

    assert world.publish(("r1", 100)) == url
    with socket.create_server(("127.0.0.1", urlsplit(tag).port or 0)):
        assert world.publish(("r1", 100), key="api/t") not in (url, tag)


def test_distance_is_felt(world: World, session: requests.Session) -> None:
    url = world.publish(("r1", 100))
    session.get(url, timeout=10)
    world.ingress.delay_seconds = 0.1
    began = time.monotonic()

    session.get(url, timeout=10)

    assert time.monotonic() - began >= 0.1
