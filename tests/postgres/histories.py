"""Histories of a small table: users, a migration, users again; who wrote what is known exactly."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from hypothesis import strategies as st

COLUMNS = ("a", "b")
KEYS = (1, 2, 3, 4)

Who = Literal["base", "user", "migration"]


class Cell(NamedTuple):
    """A value and who wrote it."""

    value: str
    by: Who


@dataclass
class Line:
    """A row, and who wrote it last."""

    cells: dict[str, Cell]
    by: Who

    @property
    def values(self) -> dict[str, str | None]:
        return {name: cell.value for name, cell in self.cells.items()}


class Step(NamedTuple):
    """One write of one row; one that does not fit (an insert of a row that is there) is none."""

    op: Literal["insert", "update", "delete"]
    key: int
    columns: tuple[str, ...]
    value: str


@dataclass
class Table:
    """The rows, and who deleted those that were there once."""

    rows: dict[int, Line] = field(default_factory=dict)
    deleted_by: dict[int, Who] = field(default_factory=dict)

    def take(self, step: Step, by: Who) -> bool:
        """Whether the step did something."""
        if step.op == "insert":
            return self._insert(step, by)
        if step.key not in self.rows:
            return False
        if step.op == "delete":
            del self.rows[step.key]
            self.deleted_by[step.key] = by
            return True
        line = self.rows[step.key]
        line.cells |= {name: Cell(step.value, by) for name in step.columns}
        line.by = by
        return True

    def _insert(self, step: Step, by: Who) -> bool:
        if step.key in self.rows:
            return False
        self.rows[step.key] = Line({name: Cell(step.value, by) for name in COLUMNS}, by)
        return True


STEPS = st.lists(
    st.builds(
        Step,
        op=st.sampled_from(["insert", "update", "update", "delete"]),
        key=st.sampled_from(KEYS),
        columns=st.sampled_from([("a",), ("b",), COLUMNS]),
        value=st.sampled_from("xyz"),
    ),
    max_size=6,
)
BASES = st.dictionaries(st.sampled_from(KEYS), st.tuples(*[st.sampled_from("xyz")] * 2))


@dataclass
class History:
    """The table at three moments, and what the migration truly did."""

    base: Table
    damage: Table
    now: Table
    columns: frozenset[str]
    """What the migration wrote in rows that were there."""
    inserts: bool
    deletes: bool


def history(
    base: dict[int, tuple[str, str]],
    before: Sequence[Step],
    migration: Sequence[Step],
    after: Sequence[Step],
) -> History:
    """Base, then users' `before`, then the migration, then users' `after`."""
    first = Table()
    for key, values in base.items():
        cells = {n: Cell(v, "base") for n, v in zip(COLUMNS, values, strict=True)}
        first.rows[key] = Line(cells, "base")
    running = copy.deepcopy(first)
    for step in before:
        running.take(step, "user")
    users = set(running.rows)
    done = [step for step in migration if running.take(step, "migration")]
    damage = copy.deepcopy(running)
    for step in after:
        running.take(step, "user")
    written = {name for step in done if step.op == "update" for name in step.columns}
    if any(step.op == "insert" and (step.key in base or step.key in users) for step in done):
        written |= set(COLUMNS)  # Deleted and made again.
    return History(
        base=first,
        damage=damage,
        now=running,
        columns=frozenset(written),
        inserts=any(step.op == "insert" for step in done),
        deletes=any(step.op == "delete" for step in done),
    )
