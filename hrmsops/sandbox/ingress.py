"""The URLs of services and tags: who may come in, which revision answers, and when one may go."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from hrmsops.postgres.ports import free_port
from hrmsops.sandbox.backend import BackendConnections
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.kept_ports import KeptPorts
from hrmsops.sandbox.proxy import Listener, Passage
from hrmsops.sandbox.runtime import Runtime
from hrmsops.sandbox.traffic_split import TrafficSplit
from hrmsops.sandbox.workload import Workload

PORTS_TRIED_MAX = 20


class OnServed(Protocol):
    """Hears of each request that reached a revision, once it was answered."""

    def __call__(self, *, service: str, revision: str, status: int) -> None: ...


@dataclass
class Url:
    """What one URL does with a request at this moment; replaced as a whole."""

    host: str
    access: str
    targets: tuple[tuple[Workload, int], ...]
    split: TrafficSplit | None = field(init=False)

    def __post_init__(self) -> None:
        if self.access not in ("open", "iam", "internal"):
            raise ValueError(f"{self.access!r} is neither open nor iam nor internal")
        self.split = TrafficSplit(self.targets) if self.targets else None

    def refusal(self, *, has_token: bool) -> int:
        """403 where a token is missing, 404 where none can come in or nothing is there, else 0."""
        if self.access == "internal" or self.split is None:
            return 404
        return 403 if self.access == "iam" and not has_token else 0


class Ingress:
    """Every URL of the sandbox, each a port of its own; safe to use from many threads."""

    def __init__(self, home: Home, runtime: Runtime, *, idle_seconds: float = 10.0) -> None:
        """`idle_seconds`: how long a revision that no URL uses any more is kept warm."""
        self.delay_seconds = 0.0
        self.on_served: OnServed = lambda *, service, revision, status: None
        self.request_timeout_seconds = 300.0  # Cloud Run's, unless a revision says otherwise.
        self.connections = BackendConnections()
        self._runtime, self._idle_seconds = runtime, idle_seconds
        self._ports = KeptPorts(home.root / "ports.json")
        self._urls: dict[str, Url] = {}
        self._listeners: dict[str, Listener] = {}
        self._in_flight: Counter[str] = Counter()
        self._leaving: set[str] = set()
        self._stopping: set[str] = set()
        self._is_closed = False
        self._changed = threading.Condition()

    def publish(
        self, key: str, *, host: str, targets: tuple[tuple[Workload, int], ...], access: str
    ) -> str:
        """Make or change the URL `key` ("SERVICE" or "SERVICE/TAG"); `http://127.0.0.1:PORT`.

        Requests that come in from now on see the change, those in flight end where they are.
        Revisions that no URL uses any more are stopped when they have been idle for a while.
        Without targets it answers 404. Percents sum to 100, else ValueError.
        """
        url = Url(host=host, access=access, targets=targets)
        with self._changed:
            before = self._urls.get(key)
            self._urls[key] = url
            if key not in self._listeners:
                self._listeners[key] = self._listen(key)
            port = self._listeners[key].server_port
            self._changed.notify_all()
        for workload, _ in before.targets if before else ():
            self.release(workload.name)
        return f"http://127.0.0.1:{port}"

    def withdraw(self, key: str) -> None:
        """Close the URL `key`; absent is fine."""
        with self._changed:
            url, listener = self._urls.pop(key, None), self._listeners.pop(key, None)
            self._ports.forget(key)
        if listener:
            _close(listener)
        for workload, _ in url.targets if url else ():
            self.release(workload.name)

    def release(self, name: str) -> None:
        """Stop a revision that no URL uses, once it has been idle; one that is used stays.

        For those that `publish` cannot know of: deployed at 0 %, or adopted. Returns at once.
        """
        with self._changed:
            if self._is_used(name) or name in self._leaving or self._is_closed:
                return
            self._leaving.add(name)
        threading.Thread(
            target=self._let_go, args=(name,), name=f"idle-{name}", daemon=True
        ).start()

    def in_flight(self, name: str) -> int:
        """How many requests a revision is busy with."""
        with self._changed:
            return self._in_flight[name]

    def close(self) -> None:
        """Close every URL. Ports are kept, and the revisions go on until `Runtime.stop_all`."""
        with self._changed:
            self._is_closed = True
            listeners = list(self._listeners.values())
            self._listeners.clear()
            self._changed.notify_all()
        closing = [threading.Thread(target=_close, args=(each,)) for each in listeners]
        for each in closing:
            each.start()
        for each in closing:
            each.join()
        self.connections.close()

    @contextmanager
    def passage(self, key: str, *, has_token: bool) -> Iterator[Passage]:
        """Where one request may go; it is in flight there until the context ends."""
        passage = self._admit(key, has_token=has_token)
        try:
            yield passage
        finally:
            if passage.workload:
                with self._changed:
                    self._in_flight[passage.workload.name] -= 1
                    self._changed.notify_all()

    def note(self, key: str, workload: Workload, status: int) -> None:
        """A revision's request at the URL `key` was answered."""
        self.on_served(service=key.partition("/")[0], revision=workload.name, status=status)

    def address(self, workload: Workload, *, has_failed: bool) -> tuple[str, int]:
        """Where the revision serves; started if need be, looked after if it has failed."""
        if has_failed:
            return self._runtime.ensure_still_serving(workload)
        return self._runtime.ensure_serving(workload)

    def _admit(self, key: str, *, has_token: bool) -> Passage:
        with self._changed:
            url = self._urls.get(key)
            refusal = url.refusal(has_token=has_token) if url else 404
            if url is None or url.split is None or refusal:
                return Passage(None, "", refusal)
            workload = url.split.next()
            self._changed.wait_for(lambda: workload.name not in self._stopping)
            self._in_flight[workload.name] += 1
            return Passage(workload, url.host)

    def _let_go(self, name: str) -> None:
        if not self._becomes_unneeded(name):
            return
        self._runtime.stop(name)
        with self._changed:
            self._leaving.discard(name)
            self._stopping.discard(name)
            self._changed.notify_all()

    def _becomes_unneeded(self, name: str) -> bool:
        """Wait out the idle time and the requests in flight; False when a URL wants it again."""

        def is_wanted() -> bool:
            return self._is_closed or self._is_used(name)

        with self._changed:
            self._changed.wait_for(is_wanted, timeout=self._idle_seconds)
            self._changed.wait_for(
                lambda: is_wanted() or self._in_flight[name] == 0,
                timeout=self.request_timeout_seconds,
            )
            if is_wanted():
                self._leaving.discard(name)
                return False
            self._stopping.add(name)
            return True

    def _is_used(self, name: str) -> bool:
        return any(
            workload.name == name and percent > 0
            for url in self._urls.values()
            for workload, percent in url.targets
        )

    def _listen(self, key: str) -> Listener:
        """Listen where the key did before, or anywhere if another process is there by now."""
        kept = self._ports.all()
        port = kept.get(key) or free_port(besides=kept.values())
        for _ in range(PORTS_TRIED_MAX):
            try:
                listener = Listener(port, key=key, gate=self)
            except OSError:
                port = free_port(besides=kept.values())
                continue
            self._ports.keep(key, port)
            threading.Thread(target=listener.serve_forever, name=key, daemon=True).start()
            return listener
        raise OSError(f"no port for {key} could be listened on")


def _close(listener: Listener) -> None:
    listener.shutdown()
    listener.server_close()
