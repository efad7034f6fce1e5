"""A service of a few lines: answers who it is and what it was asked, and dies when told to."""

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        status = int(os.environ.get("ANSWER", "200"))
        body = json.dumps(
            {
                "revision": os.environ["K_REVISION"],
                "service": os.environ["K_SERVICE"],
                "configuration": os.environ["K_CONFIGURATION"],
                "host": self.headers.get("Host"),
                "greeting": os.environ.get("GREETING", ""),
                "path": self.path,
            }
        ).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form: str, *words: object) -> None:
        if os.environ.get("LOG"):
            print(form % words, flush=True)


time.sleep(float(os.environ.get("START_SECONDS", "0")))
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Echo).serve_forever()
