"""The wire: HTTP/1.1 on loopback, and a plain proxy for gcloud."""

from __future__ import annotations

import select
import socket
import time
from http.server import BaseHTTPRequestHandler

import msgspec

from hrmsops.sandbox.exchange import Call, Reply
from hrmsops.sandbox.faults import Fault
from hrmsops.sandbox.front import Front
from hrmsops.sandbox.listening import Listening

HANG_SECONDS_MAX = 3600.0
_BODY_BYTES_MAX = 32 * 1024 * 1024


class Server(Listening):
    """Listens on 127.0.0.1 alone; port 0 takes a free one."""

    allow_reuse_address = True

    def __init__(self, port: int, front: Front) -> None:
        self.front = front
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ESF"
    sys_version = ""
    # A reply is one write without waiting for more: otherwise each costs 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _BODY_BYTES_MAX:
            self.close_connection = True
            return
        call = Call(
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        reply = self.server.front.answer(call)
        if reply.fault is not None and reply.fault.is_silent:
            self._fall_silent(reply.fault)
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        body = msgspec.json.encode(reply.body) if reply.content is None else reply.content
        self.send_response(reply.status)
        kind = {"Content-Type": "application/json; charset=UTF-8"}
        for name, value in {**(kind if body else {}), **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _fall_silent(self, fault: Fault) -> None:
        """No reply: at once, after the fault's seconds, or when the client has gone."""
        self.close_connection = True
        if fault.kind in ("hang", "hang-after"):
            _wait_until_gone(self.connection, fault.seconds or HANG_SECONDS_MAX)
        self.connection.shutdown(socket.SHUT_RDWR)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header tells the cloud's time."""
        distance = self.server.front.sandbox.cloud_run.distance
        moment = distance.now().timestamp() if timestamp is None else timestamp
        return super().date_time_string(int(moment))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Calls are told in plain words elsewhere."""


def _wait_until_gone(connection: socket.socket, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (remaining := deadline - time.monotonic()) > 0:
        readable, _, _ = select.select([connection], [], [], remaining)
        if readable and not connection.recv(1, socket.MSG_PEEK):
            return
        if readable:
            # More of the same client's requests wait: it is still there.
            time.sleep(0.05)
