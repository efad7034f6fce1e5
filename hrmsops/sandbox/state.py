"""What the sandbox must not forget: every resource as a JSON document in one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

Json = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, name)
)
"""


class State:
    """Documents by kind and name, written through before a call returns, safe between threads.

    A commit survives a SIGKILL of the sandbox (not a power cut: nothing here is worth an fsync).
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._watched: defaultdict[str, list[threading.Event]] = defaultdict(list)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(_SCHEMA)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the state for one change: all of it is kept, or nothing. May be nested."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def get(self, kind: str, name: str) -> Json | None:
        """A fresh copy of one document, or None."""
        with self._lock:
            row = self._connection.execute(
                "SELECT body FROM documents WHERE kind = ? AND name = ?", (kind, name)
            ).fetchone()
        return None if row is None else _document(row[0])

    def put(self, kind: str, name: str, document: Json) -> None:
        """Keep a document; one that was there keeps its place in the order."""
        body = msgspec.json.encode(document).decode()
        with self.change():
            self._connection.execute(
                "INSERT INTO documents (kind, name, body) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body",
                (kind, name, body),
            )
            self._tell(kind)

    def delete(self, kind: str, name: str) -> None:
        """Forget one document, if it is there."""
        with self.change():
            self._connection.execute(
                "DELETE FROM documents WHERE kind = ? AND name = ?", (kind, name)
            )
            self._tell(kind)

    def under(self, kind: str, prefix: str = "") -> list[Json]:
        """The documents whose names begin with `prefix`, the newest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT body FROM documents WHERE kind = ? AND substr(name, 1, ?) = ?"
                " ORDER BY number DESC",
                (kind, len(prefix), prefix),
            ).fetchall()
        return [_document(row[0]) for row in rows]

    def count(self, kind: str, prefix: str = "") -> int:
        """How many documents have names that begin with `prefix`."""
        with self._lock:
            row = self._connection.execute(
                "SELECT count(*) FROM documents WHERE kind = ? AND substr(name, 1, ?) = ?",
                (kind, len(prefix), prefix),
            ).fetchone()
        return int(row[0])

    def watch(self, *kinds: str) -> threading.Event:
        """An event that is set from now on with every change of these kinds, and at first.

        Whoever waits for it looks as rarely as something happens. Clear it, then look.
        """
        changed = threading.Event()
        changed.set()
        with self._lock:
            for kind in kinds:
                self._watched[kind].append(changed)
        return changed

    def setting(self, name: str, default: Any) -> Any:
        """A setting of the sandbox itself, such as its port or its account."""
        kept = self.get("settings", name)
        return default if kept is None else kept["value"]

    def set(self, name: str, value: Any) -> None:
        """Keep a setting of the sandbox itself."""
        self.put("settings", name, {"value": value})

    def close(self) -> None:
        """Let go of the file; nothing waits to be written."""
        with self._lock:
            self._connection.close()

    def _tell(self, kind: str) -> None:
        # Before the commit: whoever looks at once waits for the lock, and so for the commit.
        for changed in self._watched[kind]:
            changed.set()


def _document(body: str) -> Json:
    return msgspec.json.decode(body, type=dict[str, Any])
