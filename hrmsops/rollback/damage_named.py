"""What was named as the damage, held against what the files, the ledger and a second clone know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hrmsops.errors.replay import DamageOnRecord, DamageUnknown, DamageWroteNothing
from hrmsops.rollback import replay_files
from hrmsops.rollback.damage import (
    Damage,
    Span,
    candidates,
    left_out,
    proposed,
    recovered_already,
    with_ledger,
    written,
)
from hrmsops.steps.rows import folders

if TYPE_CHECKING:
    from hrmsops.postgres.captured import Captured
    from hrmsops.rollback.recovered import Recovered
    from hrmsops.world import World


def held(
    world: World,
    of: Recovered,
    captured: Captured,
    said: Damage,
    *,
    clone: str,
    accepted: Collection[str],
) -> Damage:
    """What was named, once it can be the damage, with what the ledger leaves in doubt.

    Raises DamageUnknown where the recovered database holds it, and, unless that is `accepted`,
    DamageOnRecord and DamageWroteNothing.
    """
    if not of.old or not said.spans:
        return said
    if wrong := recovered_already(said, captured):
        why = (
            f"Transaction {', '.join(wrong)} is in the recovered database too: look at the number."
        )
        raise DamageUnknown(run=of.run, why=why, proposed="", clone=clone)
    others = left_out(said, captured)
    if others and DamageOnRecord.code not in accepted:
        raise DamageOnRecord(run=of.run, named=said.words, left_out=others)
    known = _known_writers(world, of, captured, clone)
    silent = _without(said.spans, known) if captured.rows else ()
    if silent and DamageWroteNothing.code not in accepted:
        raise DamageWroteNothing(
            run=of.run,
            named=silent,
            candidates=candidates(captured),
            likely=next(iter(proposed(captured.writers).words), ""),
        )
    found = said if others else with_ledger(said, captured)
    return replace(found, evidence=_evidence(said, others, silent))


def _evidence(said: Damage, others: tuple[str, ...], silent: tuple[str, ...]) -> str:
    """With what was accepted, which the plan and its record tell."""
    though = [f"the ledger has {', '.join(others)}"] if others else []
    though += [f"{', '.join(silent)} wrote no row that differs"] if silent else []
    return f"{said.evidence}, though {' and '.join(though)}" if though else said.evidence


def _known_writers(world: World, of: Recovered, captured: Captured, clone: str) -> Iterator[int]:
    """The largest first: most often nothing else has to be read."""
    from hrmsops.postgres.captured import last_writers

    yield from (each.number for each in captured.writers)
    yield from (each.number for each in captured.ledger if each.number is not None)
    yield from last_writers(folders.captured(of.run), captured)
    if clone:
        yield from (each.number for each in replay_files.writers_of(world, captured, clone))


def _without(spans: Iterable[Span], numbers: Iterable[int]) -> tuple[str, ...]:
    """The spans, as they are typed, in which none of the numbers is."""
    left = list(spans)
    for number in numbers:
        if not left:
            break
        left = [(first, end) for first, end in left if not first <= number < end]
    return tuple(map(written, left))
