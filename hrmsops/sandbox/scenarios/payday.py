"""Payroll during a drill: what is due is paid every half second, by whatever serves."""

from __future__ import annotations

import threading
from typing import Self

from hrmsops.sandbox.traffic import Connection

EVERY_SECONDS = 0.5
PATH = "/tasks/pay-due"


class Payday:
    """Asks the service to pay for the length of a `with` block, as a scheduler would."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        connection = Connection(self._url)
        while not self._ended.wait(EVERY_SECONDS):
            connection.send("POST", PATH, {})  # What was not paid is due the next time as well.
        connection.close()
