"""In which order the rows are gone through: facts of the table in, one strategy out."""

from __future__ import annotations

from dataclasses import dataclass, replace

STRIDES = (11, 7, 5)
"""Primes, so that keys which were drawn in tens fall evenly into the turns. With fewer rows a page
than the least of them, the part that pruning frees has no room for the others."""
ORDERED = 0.9
"""The least correlation of key and heap at which key ranges are page ranges too."""
SPARSE = 0.2
"""Below this share of matching rows, it is they that are counted for a batch, not the keys."""
VACUUM_SHARE = 0.05
VACUUM_PASSES_MAX = 20
VACUUM_ROWS_MIN = 5_000
PAGES_SINCE = 140000
"""The server version since which a range of pages is read without the rest of the table."""


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """What the catalogue and the planner say; None where they know nothing."""

    rows: int
    pages: int
    matching: int
    """Rows that the filter leaves: counted in a small table, by a sample in a large one."""
    has_integer_key: bool
    correlation: float | None
    """Of the key and the order on disk."""
    in_index: bool
    """Whether a written column is in an index, its expression or its condition."""
    may_vacuum: bool
    server: int
    has_parts: bool
    """Whether it is partitioned: each part has pages of its own."""
    joins: bool
    """Whether the filter looks into other tables."""
    writes_by_itself: bool
    """Whether a function of the project writes what we cannot know."""


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """`kind` is strided, pages, windows or sparse; `stride` 1 where each range is one batch."""

    kind: str
    stride: int
    vacuum_rows: int | None
    """Rows between two VACUUMs; None where none is needed, or allowed."""
    why: str
    matching: int
    """Rows to change, as far as it is known."""
    rows_a_page: int = 1
    """Of a table that is gone through by pages."""


def choose(facts: TableFacts, *, repeatable: bool) -> Strategy:
    """Strided where an update can stay on its page, else windows with VACUUM between them."""
    if facts.rows and facts.matching < facts.rows * SPARSE:
        return Strategy(
            kind="sparse",
            stride=1,
            vacuum_rows=None,
            why=f"{facts.matching:,} of about {facts.rows:,} rows match",
            matching=facts.matching,
        )
    if facts.writes_by_itself:
        return _windows(facts, "the backfill writes by a function of its own")
    if facts.in_index:
        return _windows(facts, "the column is in an index")
    rows_a_page = facts.rows // facts.pages if facts.pages else STRIDES[0]
    stride = next((each for each in STRIDES if each <= rows_a_page), None)
    if stride is None:
        return _windows(facts, "the rows fill their pages")
    if facts.has_integer_key and (facts.correlation is None or facts.correlation >= ORDERED):
        return _strided(facts, "strided", stride, "the column is in no index")
    may_go_by_pages = not facts.joins and not facts.has_parts and facts.server >= PAGES_SINCE
    if repeatable and may_go_by_pages:
        found = _strided(facts, "pages", stride, "keys and rows lie in different orders")
        return replace(found, rows_a_page=rows_a_page)
    return _windows(facts, "keys and rows lie in different orders")


def _strided(facts: TableFacts, kind: str, stride: int, why: str) -> Strategy:
    return Strategy(kind=kind, stride=stride, vacuum_rows=None, why=why, matching=facts.matching)


def _windows(facts: TableFacts, why: str) -> Strategy:
    share = max(VACUUM_SHARE, 1 / VACUUM_PASSES_MAX)
    every = max(VACUUM_ROWS_MIN, int(facts.rows * share))
    is_worth_it = facts.may_vacuum and facts.matching > every
    return Strategy(
        kind="windows",
        stride=1,
        vacuum_rows=every if is_worth_it else None,
        why=why,
        matching=facts.matching,
    )


IN_WORDS = {
    "strided": "strided batches, updated on their pages",
    "pages": "strided batches by pages, then a sweep by keys",
    "windows": "batches along the key",
    "sparse": "batches of matching rows along the key",
}


def in_words(kind: str, *, vacuum: bool = False) -> str:
    """A strategy on a screen."""
    return IN_WORDS[kind] + (", VACUUM between them" if vacuum else "")
