"""One request of a client, passed on to a revision and its reply passed back."""

from __future__ import annotations

import html
import http.client
import ipaddress
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from hrmsops.sandbox import tunnel
from hrmsops.sandbox.backend import BackendConnection, BackendConnections
from hrmsops.sandbox.http_framing import (
    BLOCK_BYTES,
    MalformedRequest,
    RequestBody,
    chunk,
    end_to_end,
)
from hrmsops.sandbox.listening import Listening
from hrmsops.sandbox.workload import NotReady, Workload

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
WITHOUT_BODY = frozenset({204, 304})
CLIENT_IDLE_SECONDS = 620.0  # Google's front end keeps an idle client connection for that long.
REFUSALS = {
    403: ("Forbidden", "Your client does not have permission to get URL <code>{}</code>."),
    404: ("Page not found", "The requested URL <code>{}</code> was not found on this server."),
}


class Passage(msgspec.Struct, frozen=True):
    """What the ingress says to one request: to which revision, or with which status not at all."""

    workload: Workload | None
    host: str
    """The name of the service or of the tag, as the application is to see it."""
    refusal: int = 0


class Gate(Protocol):
    """The ingress, as its listeners know it."""

    delay_seconds: float
    request_timeout_seconds: float
    connections: BackendConnections

    def passage(self, key: str, *, has_token: bool) -> AbstractContextManager[Passage]:
        """Admit one request, which counts as in flight until the context ends."""
        ...

    def note(self, key: str, workload: Workload, status: int) -> None:
        """Hear what a request that was admitted was answered with."""
        ...

    def address(self, workload: Workload, *, has_failed: bool) -> tuple[str, int]:
        """Where the revision serves, after starting it if need be; NotReady when it cannot."""
        ...


class Listener(Listening):
    """The server of one URL."""

    def __init__(self, port: int, *, key: str, gate: Gate) -> None:
        super().__init__(("127.0.0.1", port), Proxy)
        self.key, self.gate = key, gate

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is no error of ours."""


class BackendFailed(Exception):
    """No reply was begun. `may_repeat`: the request cannot have had an effect, or not twice."""

    def __init__(self, *, may_repeat: bool, timed_out: bool) -> None:
        super().__init__("the connection to the instance had an error")
        self.may_repeat, self.timed_out = may_repeat, timed_out


class Proxy(BaseHTTPRequestHandler):
    """A client's connection: one request after the other."""

    server: Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = BLOCK_BYTES  # Head and body of a small reply leave in one packet.
    timeout = CLIENT_IDLE_SECONDS

    def pass_on(self) -> None:
        """Answer one request, whatever its method."""
        try:
            body = RequestBody(self.headers, self.rfile)
        except MalformedRequest:
            return self._answer(400, "Bad Request", is_last=True)
        connection = ",".join(self.headers.get_all("Connection", [])).lower().split(",")
        self.close_connection |= "close" in (token.strip() for token in connection)
        if not self.path.startswith("/"):  # The absolute form, or OPTIONS *.
            self.path = urlsplit(self.path)._replace(scheme="", netloc="").geturl() or "/"
        gate = self.server.gate
        if gate.delay_seconds:
            time.sleep(gate.delay_seconds)
        has_token = self.headers.get("Authorization", "").startswith("Bearer ")
        with gate.passage(self.server.key, has_token=has_token) as passage:
            if passage.workload is None:
                self._refuse(passage.refusal)
            else:
                self._serve(passage.workload, passage.host, body)
        self.close_connection = self.close_connection or not body.has_ended
        return None

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = pass_on  # noqa: N815

    def send_response_only(self, code: int, message: str | None = None) -> None:
        """Also keep the status, for the record of what was served."""
        self._status = code
        super().send_response_only(code, message)

    def _serve(self, workload: Workload, host: str, body: RequestBody) -> None:
        self._status = 0
        if self._is_upgrade():
            self._join(workload, host)
        else:
            self._pass_to(workload, host, body)
        if self._status:
            self.server.gate.note(self.server.key, workload, self._status)

    def _is_upgrade(self) -> bool:
        asked = self.headers.get("Upgrade", "").lower()
        return self.command == "GET" and asked == "websocket"

    def _join(self, workload: Workload, host: str) -> None:
        """A WebSocket: the revision answers the handshake, and then it is its connection."""
        self.close_connection = True
        headers = [
            *self._headers_for(host, RequestBody(self.headers, self.rfile)),
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
        ]
        gate, seconds = self.server.gate, workload.request_timeout_seconds
        try:
            address = gate.address(workload, has_failed=False)
            backend, greeting = tunnel.upgraded(address, self.path, headers, seconds=seconds)
        except tunnel.UpgradeRefused as refused:
            self._status = refused.status
            self.wfile.write(refused.answer)
            return None
        except (NotReady, OSError):
            return self._answer(503, "Service Unavailable", is_last=True)
        self._status = 101
        self.connection.settimeout(seconds)
        self.connection.sendall(greeting)
        half = gate.delay_seconds / 2
        read = self.rfile.read1
        tunnel.joined(lambda: read(BLOCK_BYTES), self.connection, backend, delay=half)
        return None

    def _pass_to(self, workload: Workload, host: str, body: RequestBody) -> None:
        try:
            connection, reply = self._reply_of(workload, self._headers_for(host, body), body)
        except (NotReady, OSError):
            return self._answer(503, "Service Unavailable", is_last=not body.has_ended)
        except BackendFailed as failed:
            if failed.timed_out:
                return self._answer(504, "upstream request timeout", is_last=True)
            return self._answer(503, "Service Unavailable", is_last=not body.has_ended)
        except (MalformedRequest, UnicodeError, http.client.InvalidURL):
            return self._answer(400, "Bad Request", is_last=True)
        self._pass_back(connection, reply)
        return None

    def _reply_of(
        self, workload: Workload, headers: list[tuple[str, str]], body: RequestBody
    ) -> tuple[BackendConnection, http.client.HTTPResponse]:
        """The reply, after a second attempt where the first could not do harm."""
        gate = self.server.gate
        try:
            return self._attempt(gate.address(workload, has_failed=False), headers, body)
        except BackendFailed as failed:
            if not failed.may_repeat:
                raise
        return self._attempt(gate.address(workload, has_failed=True), headers, body)

    def _attempt(
        self, address: tuple[str, int], headers: list[tuple[str, str]], body: RequestBody
    ) -> tuple[BackendConnection, http.client.HTTPResponse]:
        gate, seconds = self.server.gate, self.server.gate.request_timeout_seconds
        is_idempotent = self.command in IDEMPOTENT
        try:
            connection = gate.connections.take(address, timeout_seconds=seconds)
        except OSError as error:
            raise BackendFailed(may_repeat=True, timed_out=False) from error
        try:
            return connection, connection.exchange(self.command, self.path, headers, body.framed())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if isinstance(error, http.client.InvalidURL):
                raise
            may_repeat = is_idempotent and not body.has_begun
            timed_out = isinstance(error, TimeoutError)
            raise BackendFailed(
                may_repeat=may_repeat and not timed_out, timed_out=timed_out
            ) from error
        except BaseException:
            connection.close()
            raise

    def _headers_for(self, host: str, body: RequestBody) -> list[tuple[str, str]]:
        """The client's headers, and those that Cloud Run adds where it ends TLS."""
        ours = {"host", "expect", "x-forwarded-for", "x-forwarded-proto", "forwarded"}
        kept = [each for each in end_to_end(self.headers) if each[0].lower() not in ours]
        asked, client = self.headers.get("Host", ""), self.client_address[0]
        through = ", ".join([*self.headers.get_all("X-Forwarded-For", []), client])
        framing = [("Transfer-Encoding", "chunked")] if body.is_chunked else []
        return [
            ("Host", host if is_loopback(asked) else asked),
            *kept,
            *framing,
            ("X-Forwarded-For", through),
            ("X-Forwarded-Proto", "https"),
            ("Forwarded", f'for="{client}";proto=https'),
        ]

    def _pass_back(self, connection: BackendConnection, reply: http.client.HTTPResponse) -> None:
        has_body = self.command != "HEAD" and reply.status not in WITHOUT_BODY
        is_chunked = has_body and reply.length is None and self.request_version != "HTTP/1.0"
        if (
            has_body and reply.length is None and not is_chunked
        ) or self.request_version == "HTTP/1.0":
            self.close_connection = True
        self.send_response_only(reply.status, reply.reason)
        for name, value in end_to_end(reply.headers):
            self.send_header(name, value)
        if is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self._end_head()
        try:
            for block in self._blocks(reply) if has_body else ():
                self.wfile.write(chunk(block) if is_chunked else block)
            if is_chunked:
                self.wfile.write(chunk(b""))
            self.wfile.flush()
        except (OSError, http.client.HTTPException):  # Either side broke off: so do we.
            self.close_connection = True
            connection.close()
            return
        self._settle(connection, reply)

    def _blocks(self, reply: http.client.HTTPResponse) -> Iterator[bytes]:
        """The reply's body as it comes; what takes its time is not held back."""
        while block := reply.read1(BLOCK_BYTES):
            yield block
            if reply.length != 0:
                self.wfile.flush()
        if reply.length:
            raise http.client.IncompleteRead(b"", reply.length)

    def _settle(self, connection: BackendConnection, reply: http.client.HTTPResponse) -> None:
        if reply.will_close:
            reply.close()
            connection.close()
            return
        reply.read()  # Nothing is left; this ends the reply, so that another may begin.
        self.server.gate.connections.give_back(connection)

    def _refuse(self, status: int) -> None:
        title, sentence = REFUSALS[status]
        page = f"<h1>Error: {title}</h1><h2>{sentence.format(html.escape(self.path))}</h2>"
        self._answer(status, f"<html><body>{page}</body></html>", content_type="text/html")

    def _answer(
        self, status: int, text: str, *, content_type: str = "text/plain", is_last: bool = False
    ) -> None:
        self.close_connection = self.close_connection or is_last
        content = text.encode()
        self.send_response_only(status)
        self.send_header("Content-Type", f"{content_type}; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self._end_head()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _end_head(self) -> None:
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Requests are the application's to log."""


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine, or nothing, and so says nothing of the service."""
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    if name in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
