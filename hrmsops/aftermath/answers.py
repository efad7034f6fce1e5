"""Where what people said of a checklist is kept: one record an answer, beside the run's journal."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from hrmsops.aftermath.items import Answer
from hrmsops.engine.store import RecordExists, Store

PREFIX = "checklists/"


@dataclass(frozen=True)
class Answers:
    """The answers given for one run."""

    store: Store
    run: str

    def newest(self) -> dict[str, Answer]:
        """The last answer to each item, by the item's id."""
        found: dict[str, Answer] = {}
        for name in self.store.names(f"{PREFIX}{self.run}/"):
            if record := self.store.read(name):
                answer = msgspec.json.decode(record.data, type=Answer)
                found[answer.item] = answer
        return found

    def add(self, answer: Answer) -> None:
        """Keep one more; two who answer at once are both kept."""
        data = msgspec.json.encode(answer)
        number = len(self.store.names(f"{PREFIX}{self.run}/"))
        while True:
            number += 1
            try:
                self.store.create(f"{PREFIX}{self.run}/{number:04}", data)
            except RecordExists:
                continue
            return
