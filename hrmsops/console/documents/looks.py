"""What is, as JSON: of the record, the cloud and the database, with nothing changed."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from hrmsops.aftermath import items
from hrmsops.doctor.check import State, Topic
from hrmsops.gcp.traffic import Traffic
from hrmsops.partition.sizes import Sized
from hrmsops.postgres.history import AppliedMigration
from hrmsops.rollback.advice import Cost
from hrmsops.rollback.hold_advice import HoldAdvice


class Answer(TypedDict):
    """A question of the tree, as it was answered."""

    question: str
    """Its name, which stays the same."""
    text: str
    answer: bool
    is_assumed: bool
    """Nobody knows; this answer leads to the way that does less."""
    evidence: str


class Alternative(TypedDict):
    """A way back that is not recommended."""

    kind: str
    title: str
    is_open: bool | None
    """null: not known."""
    evidence: str
    cost: Cost
    command: str


class AdviceDocument(TypedDict):
    """Which way back the tree recommends, and why."""

    environment: str
    recommendation: str
    """`app`, `migration`, `pitr`, `backup` or `roll-forward`."""
    title: str
    command: str
    """What to type; "" where no command does it."""
    cost: Cost
    answers: list[Answer]
    """The path through the tree, from its root."""
    caveats: tuple[str, ...]
    """What was not known, and had to be assumed."""
    missing: tuple[str, ...]
    """Of `roll-forward`: every way back that is closed, and why."""
    alternatives: list[Alternative]
    hold: HoldAdvice
    facts: dict[str, str]
    """What was looked up, in words."""
    looks_well: str
    """Why nothing may be wrong at all; "" where something is, or too little is known."""
    seconds: float


class Examined(TypedDict):
    """What a check found."""

    topic: Topic
    check: str
    state: State
    says: str
    mend: str
    """A command or a sentence; "" where there is nothing to do."""
    more: tuple[str, ...]
    """Places or names."""
    is_unauthorised: bool
    """The account may not, or nobody knows who asks."""
    is_defect: bool
    """The check itself failed."""


class DoctorCounts(TypedDict):
    """Findings by state."""

    good: int
    warning: int
    bad: int
    unknown: int


DoctorDocument = TypedDict(
    "DoctorDocument",
    {
        "environment": str,
        "for": str | None,
        "exit_code": int,
        "seconds": float,
        "counts": DoctorCounts,
        "findings": list[Examined],
    },
)
DoctorDocument.__doc__ = """Whether all is there that the commands need; `for` is --for."""


class Listed(TypedDict):
    """An item of the checklist."""

    item: str
    title: str
    state: items.State
    evidence: tuple[str, ...]
    by: str
    """Who says so: `hrmsops` for what it looked at itself."""
    at: str
    """When somebody said so, RFC 3339 in UTC; "" for what was looked at now."""


class ChecklistDocument(TypedDict):
    """What is left to do after a run."""

    run: str
    open: int
    """Items that are not done."""
    items: list[Listed]


class HeldNow(TypedDict):
    """Something that was stopped, and how it stands now."""

    kind: str
    name: str
    run: str
    by: str
    since: datetime
    instances: int
    """How many a worker pool had."""
    before: Traffic | None
    """How traffic went, where it was moved."""
    moved: Traffic | None
    now: str
    """Google's word for its state, of traffic where it goes; "" where it has none."""


class Works(TypedDict):
    """Something that works by itself, and would be held."""

    kind: str
    name: str
    now: str


class HoldDocument(TypedDict):
    """What is on hold."""

    is_on: bool
    since: str | None
    reason: str
    held: list[HeldNow]
    works: list[Works]
    cancelled: list[str]
    """Executions of jobs that were ended; nothing starts them again."""
    unfinished: list[str]
    """Runs of this hold that are not over."""
    missing: list[str]
    """What is configured and not there, or not to be seen."""


class MigrationsDocument(TypedDict):
    """The migrations of a database, in the order of their application."""

    instance: str
    migrations: list[AppliedMigration]


class TableSizesDocument(TypedDict):
    """How large tables are."""

    instance: str
    tables: tuple[Sized, ...]


class BackfillsDocument(TypedDict):
    """What could be run, and what is under way."""

    lines: list[str]
    """A sentence each."""


class Merged(TypedDict):
    """What comes over of a table, in rows."""

    table: str
    insert: int
    update: int
    delete: int
    conflict: int
    """Listed, for a person to decide."""
    aside: int
    """Left as they are: the damage's own, and what those touched."""


class Conflict(TypedDict):
    """Rows that were written on both sides."""

    table: str
    reason: str
    count: int
    keys: list[tuple[str, ...]]
    """The first hundred."""


class DamageTold(TypedDict):
    """Which transactions did the damage."""

    is_known: bool
    transactions: tuple[str, ...]
    evidence: str


class WriterTold(TypedDict):
    """A transaction that was the last writer of rows that differ."""

    transaction: int
    rows: dict[str, int]
    """How many, by table."""
    migrations: list[str]
    committed_at: datetime | None


class ReplayDocument(TypedDict):
    """What was written since the moment that was gone back to: keys and counts."""

    run: str
    """The recovery."""
    instance: str
    """Where it would come over to."""
    source: str
    """Where it was found."""
    replay: str
    """The merge, by its own name."""
    damage: DamageTold
    folder: str
    """Where its files are."""
    tables: list[Merged]
    conflicts: list[Conflict]
    excluded: list[str]
    """Tables that are never replayed."""
    unmergeable: list[str]
    """Tables without a key, which differ."""
    writers: list[WriterTold]


class PurgeDocument(TypedDict):
    """Files of replays that are removed."""

    removed: list[str]
    """The runs whose files they were."""
