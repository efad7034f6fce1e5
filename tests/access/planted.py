"""Whether a secret stands anywhere that commands write, say, or show in the list of processes."""

from __future__ import annotations

import base64
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil

from tests.command_line import Ended


class Watched:
    """What processes were started with, while somebody looked; a moment is between two looks."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets, self._over = secrets, threading.Event()
        self.looks, self.told = 0, set[str]()

    @contextmanager
    def looking(self) -> Iterator[None]:
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.looks += 1
            for process in psutil.process_iter():
                try:
                    words = " ".join(process.cmdline())
                except psutil.Error:
                    continue
                self.told |= {words for secret in self._secrets if secret in words}


def found_in(ended: Sequence[Ended], folders: Sequence[Path], secrets: Sequence[str]) -> list[str]:
    """Every place that has one of `secrets`, plain or as bytes are usually dressed."""
    texts = {f"output {n}": (each.out + each.err).encode() for n, each in enumerate(ended)}
    for folder in folders:
        texts |= {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    dresses: tuple[Callable[[str], bytes], ...] = (
        str.encode,
        lambda text: base64.b64encode(text.encode()).rstrip(b"=")[:-1],
        lambda text: quote(text, safe="").encode(),
        lambda text: zlib.compress(text.encode(), 9)[2:-4],
    )
    return [
        place
        for place, text in texts.items()
        if any(dress(secret) in text for secret in secrets for dress in dresses)
    ]
