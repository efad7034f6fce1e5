"""The relay's two ends over real sockets: what goes in comes out, and a refusal says why."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from websockets.sync.client import connect

from hrmsops.errors.cloud import NotAuthorised
from hrmsops.errors.database import DatabaseUnreachable
from hrmsops.errors.relay import RelayUnreachable
from hrmsops.postgres.ports import free_port
from hrmsops.relay.dialing import dial
from hrmsops.relay.listener import Listener
from hrmsops.relay.way import agent_command, relay_name

COMMAND_BYTES_MAX = 32 * 1024


class Echo(socketserver.BaseRequestHandler):
    """Sends back all that comes, until the client has said all."""

    def handle(self) -> None:
        while block := self.request.recv(65536):
            self.request.sendall(block)


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@contextlib.contextmanager
def far_end(database_port: int) -> Iterator[str]:
    """The agent as Cloud Run would start it; its URL."""
    port = free_port()
    env = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "PGPORT": str(database_port),
        "HRMSOPS_RELAY_TARGET": "127.0.0.1",
        "HRMSOPS_RELAY_BIND": "127.0.0.1",
    }
    _, *words = agent_command()
    agent = subprocess.Popen([sys.executable, *words], env=env)
    try:
        _until_it_listens(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        agent.terminate()
        assert agent.wait(10) == 0


def _until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        assert time.monotonic() < deadline, "The far end does not listen."
        time.sleep(0.02)


@pytest.fixture(scope="module")
def url(echo: int) -> Iterator[str]:
    with far_end(echo) as url:
        yield url


@pytest.fixture
def listener(url: str) -> Iterator[Listener]:
    made = Listener(lambda: dial(url, relay="relay", token="t", address="10.0.0.1:5432"))
    yield made
    made.close()


def test_the_far_end_fits_into_a_command_line() -> None:
    assert sum(map(len, agent_command())) <= COMMAND_BYTES_MAX


def test_a_name_is_one_that_cloud_run_takes() -> None:
    name = relay_name("261123-104512-7f3a", "nhia-hrms-production-pg-0001")
    assert len(name) <= 49
    assert name == "hrmsops-relay-261123-104512-7f3a-f24d"


def test_every_byte_comes_back_in_its_order(listener: Listener) -> None:
    sent = os.urandom(3_000_000)
    with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as client:
        threading.Thread(target=client.sendall, args=(sent,), daemon=True).start()
        found = bytearray()
        while len(found) < len(sent):
            block = client.recv(65536)
            assert block, f"it broke off after {len(found)} bytes"
            found += block
    assert found == sent


def test_connections_are_kept_apart(listener: Listener) -> None:
    clients = [socket.create_connection(("127.0.0.1", listener.port), timeout=20) for _ in range(8)]
    for number, client in enumerate(clients):
        client.sendall(b"%d" % number)
    assert [client.recv(16) for client in clients] == [b"%d" % n for n in range(8)]
    for client in clients:
        client.close()


def test_a_ping_is_answered_while_nothing_else_is_said(url: str) -> None:
    with connect(url.replace("http", "ws"), compression=None) as socket_:
        assert socket_.ping().wait(10)


def test_a_database_that_does_not_answer_is_named(url: str) -> None:
    with (
        far_end(free_port()) as to_nowhere,
        pytest.raises(DatabaseUnreachable) as raised,
    ):
        dial(to_nowhere, relay="relay", token="t", address="10.0.0.1:5432")
    assert raised.value.what == "No PostgreSQL server answers at 10.0.0.1:5432."


class Closed(BaseHTTPRequestHandler):
    """Cloud Run before a service that the caller may not invoke."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_error(403)

    def log_message(self, *words: object) -> None:
        """Nobody reads it."""


def test_who_may_not_invoke_is_told_which_permission_is_missing() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Closed) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        with pytest.raises(NotAuthorised) as raised:
            dial(f"http://127.0.0.1:{server.server_port}", relay="r", token="t", address="x")
        server.shutdown()
    assert raised.value.grant == "Have the permission run.routes.invoke granted to this account."
    assert raised.value.fix.endswith("hrmsops doctor")


def test_a_relay_that_is_gone_is_named_and_the_client_let_go() -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    listener = Listener(lambda: dial(gone, relay="the-relay", token="t", address="x"))
    with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as client:
        assert client.recv(1) == b""
    assert isinstance(listener.trouble, RelayUnreachable)
    assert listener.trouble.what == "No connection through the-relay."
    listener.close()
