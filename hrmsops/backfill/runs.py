"""From a request to a run: looked at, begun or gone on with, and taken to its end."""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import connections

from hrmsops.backfill import reading, table
from hrmsops.backfill.checkpoint import Checkpoint, Checkpoints
from hrmsops.backfill.cursor import Cursor
from hrmsops.backfill.finding import field_named, model_named
from hrmsops.backfill.health import chosen_signals
from hrmsops.backfill.keys import bounds_of
from hrmsops.backfill.registry import Registered, backfill_registry, discover
from hrmsops.backfill.request import Request
from hrmsops.backfill.strategy import Strategy, choose, in_words
from hrmsops.backfill.work import Work
from hrmsops.errors.backfill import BackfillNameUnknown, BackfillOptionsWrong
from hrmsops.errors.backfill_run import (
    BackfillAmbiguous,
    BackfillNothingToResume,
    BackfillNotOnPostgresql,
    BackfillThroughPooler,
    BackfillUnderWay,
    BackfillUnfinished,
)

FUNCTION = "function"


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a run is begun. `run` names one that other processes may have begun already."""

    using: str
    operator: str
    resume: bool = False
    anew: bool = False
    run: str | None = None
    shard: int = 0
    shards: int = 1


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A request whose names and types are right: rows and change, or a whole function."""

    request: Request
    work: Work | None
    registered: Registered | None
    strategy: Strategy | None

    @property
    def title(self) -> str:
        if self.work is not None:
            return self.work.title
        assert self.registered is not None
        return f"{self.registered.name}: {self.registered.description or 'a function'}"

    def how(self) -> str:
        """The strategy and its reason, in words."""
        if self.strategy is None:
            return "a function of the project's own, without checkpoints"
        chosen = in_words(self.strategy.kind, vacuum=self.strategy.vacuum_rows is not None)
        return f"{chosen}: {self.strategy.why}"

    def counted(self) -> int:
        """Rows that would be changed now."""
        if self.work is not None:
            return int(self.work.rows.count())
        return self.called(dry_run=True)

    def called(self, *, dry_run: bool) -> int:
        """Call the project's function, with the pace where it takes one."""
        assert self.registered is not None
        assert self.registered.function is not None
        function = self.registered.function
        return int(function(dry_run=dry_run, **_pace_of(self.registered, self.request)) or 0)


def _pace_of(registered: Registered, request: Request) -> dict[str, float]:
    """What of the pace was asked for. Raises BackfillOptionsWrong where the function takes none."""
    assert registered.function is not None
    taken = inspect.signature(registered.function).parameters
    asked = {"batch_size": request.batch_rows, "sleep": request.sleep_seconds}
    given = {name: value for name, value in asked.items() if value is not None}
    if wrong := [name for name in given if name not in taken]:
        raise BackfillOptionsWrong(
            problem=f"{registered.name} takes no {wrong[0]}: it goes at its own pace."
        )
    return given


def prepare(request: Request, *, using: str) -> Prepared:
    """Find names, check types, look at the table; nothing is written."""
    require_postgresql(using)
    chosen_signals()
    request.require_complete()
    if not request.backfill:
        work = reading.generic(request, using=using)
        return _prepared(_named(request), work=work, registered=None)
    discover()
    registered = backfill_registry.find(request.backfill)
    if registered.declared is None:
        _pace_of(registered, request)
        return Prepared(request=request, work=None, registered=registered, strategy=None)
    work = reading.declared(registered.declared, using=using)
    if request.batch_rows is None:
        request = replace(request, batch_rows=registered.declared.batch_rows)
    return _prepared(request, work=work, registered=registered)


def require_postgresql(using: str) -> None:
    """Raises BackfillNameUnknown, BackfillNotOnPostgresql, BackfillThroughPooler."""
    if using not in connections:
        raise BackfillNameUnknown(kind="database", name=using, known=tuple(connections))
    connection = connections[using]
    if connection.vendor != "postgresql":
        raise BackfillNotOnPostgresql(alias=using, vendor=connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [(pid,)] = cursor.fetchall()
    if connection.connection.info.backend_pid != pid:  # psycopg 2.8 and 3 alike.
        raise BackfillThroughPooler(alias=using)


def continued(request: Request, *, using: str) -> Request:
    """The request of the unfinished run that is meant, with the options that were left out.

    Raises BackfillNothingToResume, BackfillAmbiguous, BackfillOptionsDiffer.
    """
    require_postgresql(using)
    request = _named(request)
    everything = Checkpoints(using).unfinished()
    found = [each for each in everything if _is_meant(each.request, request)]
    subjects = list(dict.fromkeys(each.subject for each in found))
    if not found:
        others = list(dict.fromkeys(each.subject for each in everything))
        raise BackfillNothingToResume(subject=_meant(request), unfinished=others)
    if len(subjects) > 1:
        raise BackfillAmbiguous(subjects=subjects)
    return request.resumed(found[0].request)


def opened(prepared: Prepared, manner: Manner) -> list[Checkpoint]:
    """The shards to work on, claimed by this session; [] where the named run is done already.

    Raises BackfillUnfinished, BackfillUnderWay, BackfillNotRecordable.
    """
    checkpoints = Checkpoints(manner.using)
    subject = prepared.request.subject
    if manner.run and (found := checkpoints.of_run(manner.run)):
        return _claimed(checkpoints, [each for each in found if each.shard == manner.shard])
    # Another task of the same run may have begun it since the look above.
    unfinished = [
        each
        for each in checkpoints.unfinished()
        if each.subject == subject and each.run != manner.run
    ]
    if manner.resume:
        return _claimed(checkpoints, unfinished)
    require_free(checkpoints, unfinished, anew=manner.anew)
    for each in _claimed(checkpoints, unfinished):
        checkpoints.end(each, outcome="given up")
        checkpoints.release(each)
    checkpoints.prepare()
    run = manner.run or new_run()
    _begin(checkpoints, prepared, manner, run)
    mine = [each for each in checkpoints.of_run(run) if each.shard == manner.shard]
    if not mine:  # Somebody else began it at the same moment.
        raise BackfillUnderWay(subject=subject)
    return _claimed(checkpoints, mine)


def new_run() -> str:
    return f"{datetime.now(UTC):%y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _begin(checkpoints: Checkpoints, prepared: Prepared, manner: Manner, run: str) -> None:
    work, strategy = prepared.work, prepared.strategy
    if work is None or strategy is None:
        bounds: Sequence[tuple[Any, Any]] = [(None, None)] * manner.shards
        kind, total = FUNCTION, None
    else:
        bounds = bounds_of(work, manner.shards)
        kind, total = f"{strategy.kind}/{strategy.stride}", strategy.matching
    checkpoints.begin(
        run=run,
        request=prepared.request,
        bounds=bounds,
        strategy=kind,
        total=None if total is None else total // manner.shards,
        operator=manner.operator,
        cursor=Cursor(),
    )


def _claimed(checkpoints: Checkpoints, found: Sequence[Checkpoint]) -> list[Checkpoint]:
    return [checkpoints.claim(each) for each in found if each.ended_at is None]


def require_free(checkpoints: Checkpoints, unfinished: Sequence[Checkpoint], *, anew: bool) -> None:
    """Raise BackfillUnderWay where one is at work, BackfillUnfinished where one stopped."""
    if any(checkpoints.is_held(each) for each in unfinished):
        raise BackfillUnderWay(subject=unfinished[0].subject)
    if unfinished and not anew:
        last = max(unfinished, key=lambda each: each.at)
        raise BackfillUnfinished(
            subject=last.subject,
            rows=sum(each.rows for each in unfinished),
            at=f"{last.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        )


def _prepared(request: Request, *, work: Work, registered: Registered | None) -> Prepared:
    strategy = choose(table.facts_of(work), repeatable=work.repeatable)
    return Prepared(request=request, work=work, registered=registered, strategy=strategy)


def _named(request: Request) -> Request:
    """Model and field as the project writes them, so that they can be compared."""
    if not request.model:
        return request
    model = model_named(request.model)
    field = field_named(model, request.field).name if request.field else None
    return replace(request, model=model._meta.label, field=field)


def _is_meant(begun: Request, asked: Request) -> bool:
    if asked.backfill or begun.backfill:
        return asked.backfill == begun.backfill
    return (begun.model, begun.field) == (asked.model, asked.field) and all(
        getattr(asked, name) in (None, getattr(begun, name)) for name in ("value", "expression")
    )


def _meant(request: Request) -> str:
    if request.backfill or request.value is not None or request.expression is not None:
        return request.subject
    return f"{request.model}.{request.field}"
