"""A bank that pays whenever it is asked, and counts each payment by its key.

It forgives nothing, as a file that was handed in twice is paid twice: whoever pays must look before
a second try, and two databases that pay at the same time are seen here.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from typing import Self
from urllib.parse import unquote

from hrmsops.postgres.ports import LOOPBACK
from hrmsops.sandbox.listening import Listening


class Bank:
    """Serves on loopback for the length of a `with` block; `url` is what HRMS calls BANK_URL."""

    def __init__(self) -> None:
        self._payments: Counter[str] = Counter()
        self._lock = threading.Lock()
        handler = type("Counter", (_Counter,), {"bank": self})
        self._server = Listening((LOOPBACK, 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def pay(self, key: str) -> int:
        """Pay; how often that has now been done under this key."""
        with self._lock:
            self._payments[key] += 1
            return self._payments[key]

    def times(self, key: str) -> int:
        """How often it has paid under this key."""
        with self._lock:
            return self._payments[key]

    def paid(self) -> int:
        """How many payments it has made."""
        with self._lock:
            return self._payments.total()

    def doubled(self) -> list[str]:
        """The keys under which it has paid more than once."""
        with self._lock:
            return sorted(key for key, times in self._payments.items() if times > 1)


class _Counter(BaseHTTPRequestHandler):
    """`POST /payments {"key"}` pays, `GET /payments/KEY` tells; both answer `{"times"}`."""

    bank: Bank
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self._answer(self.bank.pay(str(body["key"])))

    def do_GET(self) -> None:
        self._answer(self.bank.times(unquote(self.path.rpartition("/")[2])))

    def log_message(self, *_words: object) -> None:
        """Say nothing: a payment's key is a payslip's number."""

    def _answer(self, times: int) -> None:
        text = json.dumps({"times": times}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
