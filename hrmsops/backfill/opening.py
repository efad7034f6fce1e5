"""A run begun or gone on with: its shards, claimed by this session."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hrmsops.backfill.checkpoint import Checkpoint
from hrmsops.backfill.checkpoints import Checkpoints
from hrmsops.backfill.cursor import Cursor
from hrmsops.backfill.keys import bounds_of
from hrmsops.backfill.prepared import Prepared
from hrmsops.errors.backfill_run import BackfillUnderWay, BackfillUnfinished

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
