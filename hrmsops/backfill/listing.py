"""`backfill_data --list`: what can be run, and what is under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from hrmsops.backfill.checkpoint import Checkpoint
from hrmsops.backfill.checkpoints import Checkpoints
from hrmsops.backfill.reaching import require_postgresql
from hrmsops.backfill.registry import backfill_registry, discover


def listed(using: str) -> Iterator[str]:
    """Registered backfills with their descriptions, then the runs that are not at their end."""
    require_postgresql(using)
    discover()
    found = list(backfill_registry)
    width = max((len(each.name) for each in found), default=0)
    yield "Registered backfills:" if found else "No app registers a backfill."
    for each in found:
        yield f"  {each.name:<{width}}  {each.description}".rstrip()
    checkpoints = Checkpoints(using)
    unfinished = checkpoints.unfinished()
    if unfinished:
        yield "Unfinished runs:"
    for run in unfinished:
        yield f"  {run_in_words(run, is_held=checkpoints.is_held(run))}"


def run_in_words(run: Checkpoint, *, is_held: bool) -> str:
    """How far it is, and whether somebody is at work on it."""
    total = f" of about {run.total:,}" if run.total is not None else ""
    shard = f", shard {run.shard + 1} of {run.shards}" if run.shards > 1 else ""
    state = "under way" if is_held else "stopped; --resume goes on"
    at = f"{run.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{run.subject}{shard}: {run.rows:,}{total} rows, last checkpoint {at}, {state}"
