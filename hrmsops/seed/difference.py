"""What stands between the data and the rows that are there, as records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from hrmsops.seed.fitting import Texts
from hrmsops.seed.mapped import Mapped

ADD, CHANGE, SAME, ADOPT = "add", "change", "same", "adopt"
HAND, FOREIGN, REMOVED, DATED = "hand", "foreign", "removed", "dated"

NOT_THERE = (ADD, REMOVED)
KEPT: Mapping[str, str] = {
    HAND: "changed by hand since the last seed",
    FOREIGN: "there before any seed, with other values",
    REMOVED: "removed by hand since the last seed",
    DATED: "the law of its time: a new date adds a row",
}
"""What is left as it is unless it is to be overwritten, and why."""


def written(*, overwrite: bool) -> tuple[str, ...]:
    """The states of the rows that are written."""
    return (ADD, CHANGE, *(KEPT if overwrite else ()))


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of the data that is not in the database as it is here.

    `number` is its place in the data; `fields` what is there and what the data have, as text.
    """

    number: int
    key: str
    state: str
    fields: dict[str, tuple[str | None, str | None]]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One table: how many rows are in which state, and each that is not the same.

    `only_there` counts rows that the data do not know; `digest` names what would be written.
    """

    table: str
    relation: str
    counts: dict[str, int]
    changes: tuple[Change, ...]
    only_there: int
    digest: str

    def count(self, *states: str) -> int:
        return sum(self.counts.get(each, 0) for each in states)

    @property
    def kept(self) -> tuple[Change, ...]:
        return tuple(each for each in self.changes if each.state in KEPT)


def digest_of(
    mapped: Mapped, rows: Sequence[Texts], changes: Sequence[Change], *, overwrite: bool
) -> str:
    """A name for what would be written, into which columns, over which values."""
    states = written(overwrite=overwrite)
    due = [(each.state, rows[each.number], each.fields) for each in changes if each.state in states]
    body = msgspec.json.encode([mapped, due], order="sorted")
    return hashlib.sha256(body).hexdigest()[:16]
