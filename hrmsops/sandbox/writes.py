"""What a client of the HRMS sends, and what it may rely on once that was answered."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from hrmsops.sandbox.state import Json

Row = tuple[str, int]
"""A table and a key."""


@dataclass(frozen=True, kw_only=True)
class Write:
    """One write, the same each time that it is sent."""

    method: str
    path: str
    body: Json
    touches: tuple[Row, ...] = ()
    """The rows that are there already and that it may change or delete."""

    @property
    def request_id(self) -> str:
        return str(self.body["request_id"])


@dataclass(frozen=True)
class Acknowledged:
    """A write of one row that the service has answered for: it said that this is committed."""

    request_id: str
    table: str
    row_id: int
    op: str = "insert"
    columns: dict[str, Any] = field(default_factory=dict)
    """What it wrote, in JSON's values; of an update only those columns."""

    @property
    def row(self) -> Row:
        return self.table, self.row_id


Habit = Callable[[str], Generator[Write, "Json | None", None]]
"""What a client does, given its name: its writes, each sent the answer to the one before.

The answer is None where the service refused, so that nothing was written.
"""


def acknowledged(write: Write, answer: Json) -> list[Acknowledged]:
    """What an answer says is committed; a deletion takes with it what it was known to touch."""
    written = [
        Acknowledged(
            request_id=write.request_id,
            table=each["table"],
            row_id=int(each["key"]["id"]),
            op=each["op"],
            columns=each["columns"],
        )
        for each in answer.get("written", ())
    ]
    told = {each.row for each in written}
    if write.method == "DELETE":
        # What somebody else had deleted before is to be gone as well.
        written += [
            Acknowledged(write.request_id, *row, op="delete")
            for row in write.touches
            if row not in told
        ]
    return written
