"""Images of a few lines, for tests that need a container and not the HRMS."""

from __future__ import annotations

import json
from pathlib import Path

SERVE = """
import json, os, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *words): pass

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/slow":
            print("slow request begun", flush=True)
            time.sleep(float(self.path.partition("=")[2]))
        if path == "/die":
            os._exit(7)
        if path == "/stream":
            return self.stream()
        length = int(self.headers.get("Content-Length") or 0)
        body = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        elif length:
            body = self.rfile.read(length)
        self.answer(200, {
            "revision": os.environ.get("K_REVISION"), "pid": os.getpid(), "method": self.command,
            "path": self.path, "headers": list(self.headers.items()), "env": dict(os.environ),
            "cwd": os.getcwd(), "bytes": len(body), "sum": sum(body),
        })

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def stream(self):
        count = int(self.path.partition("=")[2])
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Keep-Alive", "timeout=5")
        self.end_headers()
        for number in range(count):
            self.wfile.write(b"10000\\r\\n" + bytes([number % 256]) * 65536 + b"\\r\\n")
        self.wfile.write(b"0\\r\\n\\r\\n")

class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

print("listening", flush=True)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
Server(("127.0.0.1", int(os.environ["PORT"])), Answers).serve_forever()
"""


def write_image(folder: Path, program: str = SERVE, *, command: list[str] | None = None) -> Path:
    """A folder that holds one Python program and the manifest that starts it."""
    folder.mkdir(parents=True)
    (folder / "serve.py").write_text(program)
    manifest = {"command": command or ["python", "serve.py"], "port_env": "PORT"}
    (folder / "image.json").write_text(json.dumps(manifest))
    return folder
