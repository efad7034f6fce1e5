"""One opened run, from its checkpoint to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from django.db import Error

from hrmsops.backfill import words
from hrmsops.backfill.checkpoint import Checkpoint
from hrmsops.backfill.checkpoints import Checkpoints
from hrmsops.backfill.engine import Engine
from hrmsops.backfill.events import Tell
from hrmsops.backfill.pace import ROWS_DEFAULT, Pace
from hrmsops.backfill.prepared import Prepared
from hrmsops.errors.backfill_run import BackfillStopped


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended; `rows` are all of its rows, those of earlier processes too."""

    rows: int
    seconds: float
    paused_seconds: float
    findings: tuple[str, ...]


def finish(
    prepared: Prepared,
    held: Checkpoint,
    *,
    using: str,
    tell: Tell,
    started: Callable[[Engine], None] = lambda _: None,
) -> Ended:
    """Take it to its end. `started` gets the engine, to stop it.

    Raises what the engine raises; the claim is given back in any case.
    """
    began, checkpoints = time.monotonic(), Checkpoints(using)
    paused_seconds = 0.0
    try:
        if prepared.work is None:
            found = _call(prepared, held, checkpoints)
        else:
            engine = _engine(prepared, held, checkpoints, tell)
            started(engine)
            found = tuple(engine.run())
            paused_seconds = engine.paused_seconds
    finally:
        with suppress(Error):
            checkpoints.release(held)
    seconds = time.monotonic() - began
    return Ended(rows=held.rows, seconds=seconds, paused_seconds=paused_seconds, findings=found)


def _engine(prepared: Prepared, held: Checkpoint, checkpoints: Checkpoints, tell: Tell) -> Engine:
    assert prepared.work is not None
    assert prepared.strategy is not None
    # What its ranges are made of was settled when the run began.
    kind, _, stride = held.strategy.partition("/")
    return Engine(
        prepared.work,
        held,
        checkpoints=checkpoints,
        strategy=replace(prepared.strategy, kind=kind, stride=int(stride)),
        pace=Pace(rows_max=prepared.request.batch_rows or ROWS_DEFAULT),
        sleep_seconds=prepared.request.sleep_seconds or 0.0,
        tell=tell,
    )


def _call(prepared: Prepared, held: Checkpoint, checkpoints: Checkpoints) -> tuple[str, ...]:
    """The project's function; it is unfinished on record until it returns."""
    try:
        rows = prepared.called(dry_run=False)
    except Exception as error:
        why = words.why(error)
        raise BackfillStopped(subject=held.subject, rows=0, why=why) from error
    checkpoints.save(held, held.cursor, rows=rows)
    held.rows += rows
    checkpoints.end(held, outcome="done")
    return ()
