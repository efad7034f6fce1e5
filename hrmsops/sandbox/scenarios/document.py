"""How a drill went, as `hrmsops drill --json` writes it."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class LostWrite(TypedDict):
    """A row that was acknowledged and is not there: keys alone."""

    request_id: str
    table: str
    row_id: int
    op: str
    columns: list[str]
    """Those that the database has not."""


class Seconds(TypedDict):
    """How long each part took; null where its end never came."""

    detect: float | None
    """From the damage until production was seen to be unwell."""
    contain: float | None
    """From then until the harm grew no more."""
    decide: float | None
    """From then until a command was typed that mends it."""
    recover: float | None
    """From then until it was seen to be well."""
    total: float | None


class Marked(TypedDict):
    """Something that happened."""

    event: str
    at: str
    """RFC 3339, UTC."""
    seconds: float | None
    """Since the damage."""


class DrillDocument(TypedDict):
    """How a drill went."""

    scenario: str
    recovered: bool
    """Whether production was seen to be well again."""
    prescribed: str
    """The branch of the guide's tree that was right."""
    advised: str | None
    """The one that hrmsops advised; null where it was not asked."""
    taken: str | None
    """The one that was taken; null for none."""
    acknowledged_writes: int
    """Requests; each may have written several rows."""
    lost_writes: list[LostWrite]
    reverted_writes: int
    """Of the lost: edits and deletions, the older row being there again."""
    replayed: NotRequired[int]
    """Rows that came over after a recovery that went back in time."""
    conflicts: NotRequired[int]
    """Rows that were listed instead, for a person to decide."""
    payments_doubled: NotRequired[int]
    requests: int
    failed_requests: int
    seconds: Seconds
    run: str | None
    problem: str
    """What went wrong in the operator's command; "" for nothing."""
    timeline: list[Marked]


class DrillsDocument(TypedDict):
    """How the four drills went."""

    drills: list[DrillDocument]
