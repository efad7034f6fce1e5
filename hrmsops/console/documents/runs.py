"""Plans and runs as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from hrmsops.console.documents.seeds import SeededTable

# Two names are words of Python's own, which a class cannot have.
_Words = TypedDict(
    "_Words",
    {
        "from": Annotated[str, Meta(description="The revision that served when it was planned.")],
        "as": Annotated[str, Meta(description="The kind of environment that is seeded.")],
    },
    total=False,
)


class Subject(_Words, total=False):
    """What a plan is about, as far as it concerns its command."""

    service: str
    """The Cloud Run service."""
    instance: str
    """The Cloud SQL instance that is worked on, or that is gone back from."""
    database: str
    """The database in it."""
    commit: str
    """The git commit of the code that migrates, "" where it is not known."""
    to: str
    """The revision that is to serve, "" where none is chosen."""
    direction: Literal["back", "forth"]
    """Whether the revision to serve is older or newer than the one that serves."""
    clone: str
    """The new instance."""
    at: str
    """The moment whose data is wanted."""
    backup: str
    """The number of the backup."""
    table: str
    """The table that is partitioned."""
    overwrites: str
    """What loses its data, and is to be named with --confirm."""
    leaves: str
    """What is left for good, and is to be named with --confirm."""
    continues: str
    """The run whose clone it goes on with."""
    replays: str
    """The recovery whose other writes are brought over."""
    replay: str
    """The merge of those, by its own name."""
    undoes: str
    """The run whose copied rows go again."""
    takes_back: str
    """The run whose cutover is taken back."""
    back_to: str
    """The instance that serves again."""


class PlannedStep(TypedDict):
    """A step of a plan. What it has besides are its own facts, which are no part of the promise."""

    step: str
    """The kind of step, such as `shift-traffic`."""


class PlanDocument(TypedDict):
    """What would be done. The file of --plan-out is the same, without its `kind` and `needs`."""

    run: str
    """The id that the run would have."""
    made_at: datetime
    """When the plan was made."""
    command: str
    """The command that was typed, without its options."""
    environment: str
    reason: str
    headline: str
    """All of it in one sentence."""
    subject: Subject
    because: tuple[str, ...]
    """The evidence that it rests on."""
    warnings: tuple[str, ...]
    undo: str | None
    """The command that takes it all back; null where none can."""
    steps: tuple[PlannedStep, ...]
    hash: str
    """Names what is done, why and to what: this is what an approver approves."""
    way: NotRequired[str]
    """How the database is reached, where that was said with a flag."""
    rehearsed: NotRequired[list[str]]
    """Under --dry-run: what the cloud answered when it was asked whether it would take a step."""
    needs: NotRequired[list[str]]
    """Under --plan-out: the flags that it cannot be applied without, and that were not said yet."""
    tables: NotRequired[list[SeededTable]]
    """Of `seed` alone: what differs, table by table."""


State = Literal["done", "started", "reverted", "failed", "pending"]


class RunStep(TypedDict):
    """A step of a run. What it has besides are its own facts, which are no part of the promise."""

    number: int
    sentence: str
    state: State
    """`started` also while the cloud goes on with it."""
    seconds: float | None
    """From its last start to its end; null while it has none."""
    result: dict[str, Any] | None
    """What it left on record, by name; null while there is nothing."""
    step: str
    """The kind of step, such as `shift-traffic`."""


class Failure(TypedDict):
    """Why a run ended as it did."""

    step: int | None
    """The number of the step that failed; null where none had begun."""
    code: str
    """See `hrmsops explain CODE`."""
    what: str
    why: str
    fix: str
    """What mends it: a command, or a sentence."""
    exit_code: int


class RunDocument(Subject):
    """What a run did, as its journal has it."""

    run: str
    outcome: str
    """`unfinished`, or how it ended, such as `done`, `failed` or `abandoned`."""
    exit_code: int | None
    """The code that it ended with; null while it is unfinished."""
    command: str
    environment: str
    reason: str
    plan: str
    """The hash of its plan."""
    because: tuple[str, ...]
    warnings: tuple[str, ...]
    undo: str | None
    """The command that takes it all back; null where none can."""
    by: str
    """The account that began it."""
    host: str
    """The machine on which it was begun."""
    began_at: datetime
    ended_at: datetime | None
    steps: list[RunStep]
    failure: Failure | None


class NoRun(Subject):
    """There was nothing to do, and no run was begun."""

    run: None
    outcome: Literal["done"]
    exit_code: Literal[0]
    headline: str
    steps: list[RunStep]


class RunsDocument(TypedDict):
    """What was done, newest first."""

    runs: list[RunDocument]
    unread: list[str]
    """The records that gave no answer, and why."""


class PruneDocument(TypedDict):
    """Records of old runs."""

    runs: list[str]
    """Those that are old enough, and that nothing needs any more."""
    is_done: bool
    """Whether they are deleted now."""


class Waiting(TypedDict):
    """A run that is on record on this machine alone."""

    run: str
    store: str
    """Where its record is to go."""


class SyncDocument(TypedDict):
    """What was kept on this machine while its bucket gave no answer."""

    followed: list[str]
    """Runs whose record is where it belongs now."""
    waiting: list[Waiting]
