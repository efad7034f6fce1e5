"""News of a run for webhooks: kept first, then sent; what nobody took is sent again later."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock, Thread

import msgspec

from hrmsops.engine.store import Record, RecordChanged, RecordExists, Store

PREFIX = "notices/"
SECONDS_MAX = 4.0
"""How long one webhook may take."""
TRIES_MAX = 20
"""After so many commands that could not deliver it, old news is left alone."""
_ONE_SENDER = Lock()
"""Within one process: two would each find the same news waiting."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence for one webhook. The address is a secret: only its fingerprint is kept."""

    run: str
    text: str
    webhook: str
    is_delivered: bool = False
    tries: int = 0
    trouble: str = ""


@dataclass(frozen=True)
class Notices:
    """The news of one store, for the webhooks of one configuration.

    The body is `{"text": …}`, which Slack's and Google Chat's incoming webhooks both take.
    """

    store: Store
    webhooks: tuple[str, ...]

    def keep(self, run: str, event: str, text: str) -> None:
        """Put the news on record for each webhook; one that is there already is not told twice."""
        for url in self.webhooks:
            notice = Notice(run=run, text=text, webhook=fingerprint(url))
            try:
                name = f"{PREFIX}{run}/{event}-{notice.webhook}"
                self.store.create(name, msgspec.json.encode(notice))
            except RecordExists:
                continue

    def of(self, run: str) -> list[Notice]:
        """Every notice of a run."""
        return [notice for _, _, notice in self._read(self.store.names(f"{PREFIX}{run}/"))]

    def send(self) -> None:
        """Deliver what is waiting. A webhook that does not answer keeps its news waiting."""
        with _ONE_SENDER:
            self._send()

    def _send(self) -> None:
        silent: set[str] = set()
        addresses = {fingerprint(url): url for url in self.webhooks}
        for name, record, notice in self._read(self.store.names(PREFIX)):
            url = addresses.get(notice.webhook)
            if notice.is_delivered or url is None or url in silent or notice.tries >= TRIES_MAX:
                continue
            trouble = _post(url, notice.text)
            if trouble:
                silent.add(url)
            self._mark(name, record, notice, trouble)

    def send_aside(self) -> Thread:
        """`send` in the background, so that a silent webhook holds nobody up."""
        thread = Thread(target=self._send_quietly, daemon=True)
        thread.start()
        return thread

    def _send_quietly(self) -> None:
        from hrmsops.errors.base import HrmsopsError

        try:
            self.send()
        except HrmsopsError:
            return  # The record that news are kept in is the run's own too; that is told there.

    def _mark(self, name: str, record: Record, notice: Notice, trouble: str) -> None:
        told = msgspec.structs.replace(
            notice, is_delivered=not trouble, tries=notice.tries + 1, trouble=trouble
        )
        try:
            self.store.replace(name, msgspec.json.encode(told), generation=record.generation)
        except RecordChanged:
            return  # Another process sent it in the same moment.

    def _read(self, names: Iterable[str]) -> list[tuple[str, Record, Notice]]:
        return [
            (name, record, msgspec.json.decode(record.data, type=Notice))
            for name in names
            if (record := self.store.read(name))
        ]


def fingerprint(url: str) -> str:
    """A webhook's name in the record; its URL carries a token."""
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def until_sent(threads: Sequence[Thread], *, seconds_max: float) -> None:
    """Wait for what is being sent, all together no longer than that."""
    deadline = time.monotonic() + seconds_max
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _post(url: str, text: str) -> str:
    """ "" where the webhook took it, else what went wrong, without the address."""
    import requests

    try:
        answer = requests.post(url, json={"text": text}, timeout=SECONDS_MAX)
    except requests.RequestException as error:
        return type(error).__name__
    return "" if answer.ok else f"HTTP {answer.status_code}"
