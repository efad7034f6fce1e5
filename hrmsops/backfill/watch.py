"""Pauses while the database is in trouble, each with its reason, for as long as patience lasts."""

from __future__ import annotations

import time
from collections.abc import Callable

from hrmsops.backfill.events import Tell
from hrmsops.backfill.health import Health

EVERY_SECONDS = 1.0
Pause = Callable[[str, float], None]


class Watch:
    """Asked between two batches; it looks once a second."""

    def __init__(self, health: Health, *, pause: Pause, tell: Tell) -> None:
        self._health, self._pause, self._tell = health, pause, tell
        self._looked_at = 0.0
        self._patience: dict[str, float] = {}
        self._told = ""

    def pause_if_needed(self) -> None:
        """Return once all is well, or what is not does not end by waiting."""
        while time.monotonic() - self._looked_at >= EVERY_SECONDS:
            self._looked_at = time.monotonic()
            reason = self._reason()
            self._tell_unseen()
            if not reason:
                return
            self._pause(reason, EVERY_SECONDS)

    def _reason(self) -> str:
        """Why to pause now, the first of the signs that are not given up; "" to go on."""
        troubles = self._health.look()
        names = {each.signal.name for each in troubles}
        self._patience = {n: s for n, s in self._patience.items() if n in names}
        for each in troubles:
            spent = self._patience.get(each.signal.name, 0.0)
            if spent < each.signal.pause_seconds_max:
                self._patience[each.signal.name] = spent + EVERY_SECONDS
                return each.sentence()
        return ""

    def _tell_unseen(self) -> None:
        if self._health.unseen and not self._told:
            self._told = self._health.unseen
            self._tell({"event": "unseen", "why": self._told})
