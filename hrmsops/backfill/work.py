"""What is done to which rows: a request, checked against the project's models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hrmsops.backfill.expressions import names_column
from hrmsops.backfill.rows import every_row, quoted_table


@dataclass(frozen=True, kw_only=True)
class Work:
    """Rows of one model, and the change to each.

    `repeatable` says that a row which is done is not looked for again, or comes out the same: then
    the rows that were added or changed meanwhile can be swept up at the end.
    """

    title: str
    model: Any
    rows: Any
    """A queryset without an order."""
    updates: Mapping[str, Any] | None
    batch: Callable[[list[Any]], object] | None
    fields: tuple[str, ...]
    """What is written; () where the batch's function writes by itself."""
    repeatable: bool
    why_once: str
    """Why it is not repeatable; "" where it is."""
    overwrites: bool
    """Whether values that are there may be gone afterwards."""
    using: str

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)

    @property
    def quoted_table(self) -> str:
        """As SQL has it."""
        return quoted_table(self.model, using=self.using)

    @property
    def every_row(self) -> Any:
        """Of its table, matching or not."""
        return every_row(self.model, using=self.using)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(str(self.model._meta.get_field(each).column) for each in self.fields)

    @property
    def is_filtered(self) -> bool:
        return bool(self.rows.query.where)

    def filters_what_it_writes(self) -> bool:
        """Whether a row that is done may match no longer; rather once too often."""
        if not self.is_filtered:
            return False
        if not self.columns:
            return True
        query = self.rows.query
        sql, _ = query.get_compiler(self.using).compile(query.where)
        return any(names_column(str(sql), each) for each in self.columns)

    def apply(self, rows: Any) -> int:
        """Change these of its rows, within the transaction that is open; how many."""
        if self.updates is not None:
            return int(rows.update(**self.updates))
        # Locked in one order, so that two batches never wait for each other.
        found = list(rows.order_by("pk").select_for_update(of=("self",)))
        if found:
            assert self.batch is not None
            self.batch(found)
            if self.fields:
                self.every_row.bulk_update(found, self.fields)
        return len(found)
