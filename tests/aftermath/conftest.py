"""A production that was rolled back, and a webhook that listens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from tests.rollback.production import Production


class Hook:
    """An incoming webhook on loopback: takes every text, or answers with `status`."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.status = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if hook.status == 200:
                    hook.texts.append(json.loads(body)["text"])
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                """Nothing goes to the test's output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/services/a-secret-token"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


@pytest.fixture
def production(faults: Client, images: dict[str, str], name: str, tmp_path: Path) -> Production:
    """Two good revisions, the second of which serves."""
    made = Production(client=faults, image=images["echo"], service=name, folder=tmp_path)
    made.write_config()
    made.deploy()
    made.deploy()
    return made


def notify(production: Production, *urls: str) -> None:
    """Add webhooks to the configuration."""
    config = production.folder / "hrmsops.toml"
    config.write_text(f"{config.read_text()}\n[notify]\nwebhooks = {json.dumps(list(urls))}\n")
