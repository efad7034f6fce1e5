"""Payroll during a drill: what is due is paid every half second, by whatever serves."""

from __future__ import annotations

import threading
from typing import Self

from hrmsops.errors.base import HrmsopsError
from hrmsops.sandbox.blueprint import Environment
from hrmsops.sandbox.estate import Estate

EVERY_SECONDS = 0.5
PATH = "/tasks/pay-due"


class Payday:
    """Puts a task into payroll's queue again and again for the length of a `with` block.

    While the queue is on hold the tasks wait in it; what was not paid by one is due at the next.
    """

    def __init__(self, estate: Estate, environment: Environment) -> None:
        self._estate, self._environment = estate, environment
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            try:
                self._estate.add_task(self._environment, PATH)
            except HrmsopsError:
                continue  # A sandbox that is gone ends the drill; the next task does for this one.
