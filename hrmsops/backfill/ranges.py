"""The next batch of a run: which rows, and what the cursor says once they are done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connections

from hrmsops.backfill.checkpoint import Checkpoint
from hrmsops.backfill.cursor import MAIN, Cursor
from hrmsops.backfill.keys import key_reader, last_key, plain
from hrmsops.backfill.pace import LONGEST_SECONDS
from hrmsops.backfill.strategy import Strategy
from hrmsops.backfill.terms import in_pages, in_stride, on_line
from hrmsops.backfill.work import Work

WINDOW_FIRST, WINDOW_MAX = 10_000, 1_000_000
"""Keys that are looked through for a batch of few matching rows."""
SEGMENT_PAGES_MAX = 4_096


@dataclass(frozen=True, kw_only=True)
class Batch:
    """`rows` None: nothing is to be done there, only the cursor moves."""

    rows: Any
    then: Cursor


class Ranges:
    """Goes through one shard's keys; every range is made of what stands in the checkpoint."""

    def __init__(self, work: Work, held: Checkpoint, strategy: Strategy) -> None:
        self._work, self._held, self._strategy = work, held, strategy
        self._window = WINDOW_FIRST
        # A key that was read back from the checkpoint, as the field has it.
        self._key = key_reader(work.model)

    def after(self, cursor: Cursor, size: int) -> Batch | None:
        """The batch that follows; None at the end of the cursor's phase."""
        if cursor.phase != MAIN:
            return None if cursor.high is None else self._sparse(cursor, size, high=cursor.high)
        return self._main()(cursor, size)

    def _main(self) -> Callable[[Cursor, int], Batch | None]:
        if self._held.high is None:
            return lambda *_: None
        if self._strategy.kind == "pages":
            return self._pages
        if self._strategy.kind == "sparse":
            return lambda cursor, size: self._sparse(cursor, size, high=self._held.high)
        return self._strided if self._strategy.stride > 1 else self._window_of_keys

    def sweep_end(self) -> Any:
        """The last shard's sweep meets what came after the last key; None where no row is."""
        is_last = self._held.shard == self._held.shards - 1
        return last_key(self._work) if is_last else self._held.high

    def _window_of_keys(self, cursor: Cursor, size: int) -> Batch | None:
        low = self._low(cursor)
        until = self._nth(self._keys(low, self._held.high), size)
        if until is None:
            return None
        return Batch(rows=self._within(self._work.rows, low, until), then=cursor.past(plain(until)))

    def _strided(self, cursor: Cursor, size: int) -> Batch | None:
        stride, low = self._strategy.stride, self._low(cursor)
        if cursor.until is None:
            keys = self._keys(low, self._held.high)
            until = self._nth(keys, size * stride)
            if until is None:
                return None
            if not keys.order_by("pk")[size : size + 1].exists():
                return self._window_of_keys(cursor, size)  # Too few to be worth a stride.
            cursor = cursor.in_turn(0, until=plain(until))
        rows = self._within(self._work.rows, low, self._key(cursor.until))
        return Batch(
            rows=rows.filter(in_stride(stride, cursor.turn)), then=self._turned(cursor, stride)
        )

    def _pages(self, cursor: Cursor, size: int) -> Batch | None:
        stride, (first, end) = self._strategy.stride, self._pages_of_shard()
        after = first if cursor.after is None else cursor.after
        if cursor.until is None:
            if after >= end:
                return None
            pages = max(1, min(SEGMENT_PAGES_MAX, size * stride // self._strategy.rows_a_page))
            cursor = cursor.in_turn(0, until=after + pages)
        table = self._work.quoted_table
        rows = self._work.rows.filter(
            in_pages(table, after, cursor.until), on_line(table, stride, cursor.turn)
        )
        return Batch(rows=rows, then=self._turned(cursor, stride))

    def _turned(self, cursor: Cursor, stride: int) -> Cursor:
        turn = cursor.turn + 1
        if turn < stride:
            return cursor.in_turn(turn, until=cursor.until)
        return cursor.past(cursor.until)

    def _sparse(self, cursor: Cursor, size: int, *, high: Any) -> Batch | None:
        """At most `size` rows that match, from as many keys as are looked through in time."""
        low, began = self._low(cursor), time.monotonic()
        end = self._nth(self._keys(low, high), self._window)
        if end is None:
            return None
        matching = self._within(self._work.rows, low, end)
        until = matching.order_by("pk").values_list("pk", flat=True)[size - 1 : size].first()
        has_some = until is not None or matching.exists()
        self._widen(time.monotonic() - began, is_full=until is not None)
        until = end if until is None else until
        then = cursor.past(plain(until))
        rows = self._within(self._work.rows, low, until) if has_some else None
        return Batch(rows=rows, then=then)

    def _widen(self, seconds: float, *, is_full: bool) -> None:
        if seconds > LONGEST_SECONDS:
            self._window = max(WINDOW_FIRST, self._window // 2)
        elif not is_full and seconds < LONGEST_SECONDS / 2:
            self._window = min(WINDOW_MAX, self._window * 2)

    def _low(self, cursor: Cursor) -> Any:
        low = self._held.low if cursor.after is None else cursor.after
        return None if low is None else self._key(low)

    def _keys(self, low: Any, high: Any) -> Any:
        """All keys there, matching or not: an index alone tells them."""
        every = self._work.every_row
        return self._within(every, low, None if high is None else self._key(high))

    def _within(self, rows: Any, low: Any, until: Any) -> Any:
        bounds = {}
        if low is not None:
            bounds["pk__gt"] = low
        if until is not None:
            bounds["pk__lte"] = until
        return rows.filter(**bounds)

    def _nth(self, keys: Any, number: int) -> Any:
        """The `number`-th key, else the last; None where there is none."""
        found = keys.order_by("pk").values_list("pk", flat=True)[number - 1 : number].first()
        return keys.order_by("-pk").values_list("pk", flat=True).first() if found is None else found

    def _pages_of_shard(self) -> tuple[int, int]:
        with connections[self._work.using].cursor() as cursor:
            cursor.execute(
                "SELECT (pg_relation_size(%s::regclass)"
                " / current_setting('block_size')::bigint)::bigint",
                [self._work.quoted_table],
            )
            [(pages,)] = cursor.fetchall()
        held = self._held
        end = pages if held.shard == held.shards - 1 else pages * (held.shard + 1) // held.shards
        return pages * held.shard // held.shards, end
