"""One thing that stands against partitioning a table, and where rules look for such things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hrmsops.postgres.table_shape import Shape


@dataclass(frozen=True, kw_only=True)
class Objection:
    """`what` is so, `why` it cannot stay so, and what to do."""

    what: str
    why: str
    mend: str

    def sentence(self) -> str:
        return f"{self.what}: {self.why}; {self.mend}"


Rule = Callable[[Shape, str], Iterator[Objection]]
"""Of a table's shape and the column that it is to be cut by."""
