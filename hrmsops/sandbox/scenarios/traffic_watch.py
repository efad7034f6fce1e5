"""Sees when the traffic leaves a revision, whoever moves it and by whatever means."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self

from hrmsops.errors.base import HrmsopsError
from hrmsops.sandbox.cloud_run.names import short
from hrmsops.sandbox.cloud_run.targets import in_force, revision_of
from hrmsops.sandbox.state import Json

LOOK_SECONDS = 0.1


class TrafficWatch:
    """Calls `on_decided` when the traffic is asked to leave, and `on_shifted` when it has left.

    A context manager: it looks every LOOK_SECONDS from a thread of its own until the traffic has
    gone or the block ends.
    """

    def __init__(
        self,
        service: Callable[[], Json],
        revision: str,
        *,
        on_decided: Callable[[], object],
        on_shifted: Callable[[], object],
    ) -> None:
        self._service, self._revision = service, revision
        self._on_decided, self._on_shifted = on_decided, on_shifted
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        is_decided = False
        while not self._ended.wait(LOOK_SECONDS):
            try:
                service = self._service()
            except HrmsopsError:
                continue  # The next look tells; a sandbox that is gone ends the block.
            if not is_decided and not _leads_to(self._revision, in_force(service), service):
                is_decided = True
                self._on_decided()
            if not _leads_to(self._revision, service.get("trafficStatuses", []), service):
                self._on_shifted()
                return


def _leads_to(revision: str, targets: list[Json], service: Json) -> bool:
    return any(
        target.get("percent") and short(revision_of(target, service)) == revision
        for target in targets
    )
