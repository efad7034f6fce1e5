"""Who did the damage: as it was typed, as the ledger says, or as it is proposed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from hrmsops.errors.replay import DamageNotUnderstood, MapNotUnderstood
from hrmsops.postgres.captured import Captured, Recorded
from hrmsops.postgres.provenance import Provenance
from hrmsops.postgres.writers import Writer

_NUMBERS = re.compile(r"(\d+)(?:-(\d+))?")
_MAP = re.compile(r"((?:\w+\.)?\w+)\.(\w+)=(\w+)")

CANDIDATES_MAX = 5

Span = tuple[int, int]
"""The first transaction, and the first after the last."""


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the damage, and how."""

    spans: tuple[Span, ...] = ()
    """Empty: nobody knows."""
    doubtful: tuple[Span, ...] = ()
    """Where the damage's transactions cannot be told from users': listed, never guessed."""
    is_harmless: bool = False
    evidence: str = ""

    @property
    def is_known(self) -> bool:
        return bool(self.spans or self.doubtful) or self.is_harmless

    def is_migration(self, writer: int) -> bool:
        return any(first <= writer < end for first, end in self.spans)

    def provenance(self) -> Provenance:
        """The same, as the merge takes it."""
        return Provenance(spans=self.spans, doubtful=self.doubtful, is_harmless=self.is_harmless)

    @property
    def words(self) -> tuple[str, ...]:
        """The spans as they are typed."""
        return tuple(written(span) for span in self.spans)


def span(text: str) -> Span:
    """`48213`, or `48213-48240` with both ends; raises DamageNotUnderstood."""
    found = _NUMBERS.fullmatch(text.strip())
    if not found or (found[2] and int(found[2]) < int(found[1])):
        raise DamageNotUnderstood(text=text)
    return int(found[1]), int(found[2] or found[1]) + 1


def written(of: Span) -> str:
    """A span as it is typed."""
    first, end = of
    return str(first) if end == first + 1 else f"{first}-{end - 1}"


def renamed(words: Sequence[str]) -> dict[str, dict[str, str]]:
    """`table.recovered=old`, as the merge takes it; raises MapNotUnderstood."""
    columns: dict[str, dict[str, str]] = {}
    for text in words:
        found = _MAP.fullmatch(text.strip())
        if not found:
            raise MapNotUnderstood(text=text)
        columns.setdefault(found[1], {})[found[2]] = found[3]
    return columns


def typed(words: Sequence[str], *, is_harmless: bool) -> Damage:
    """What the operator says."""
    if is_harmless:
        return Damage(is_harmless=True, evidence="the operator says that nothing damaged the data")
    spans = tuple(span(each) for each in words)
    return Damage(spans=spans, evidence="named by the operator" if spans else "")


def recovered_already(damage: Damage, captured: Captured) -> tuple[str, ...]:
    """The spans, as they are typed, that the recovered database holds: none of them harmed it.

    A wrong number would have the damage come over as what users wrote.
    """
    return tuple(
        written((first, end))
        for first, end in damage.spans
        if end <= captured.horizon and not any(first <= n < end for n in captured.in_flight)
    )


def recorded(captured: Captured) -> Damage:
    """What the database's own ledger of migrations says; nothing where it has none."""
    numbers = [each.number for each in captured.ledger if each.number is not None]
    names = ", ".join(each.migration for each in captured.ledger)
    return Damage(
        spans=tuple((number, number + 1) for number in numbers),
        doubtful=tuple((each.first, each.end) for each in captured.ledger),
        evidence=f"the ledger has {names}" if names else "",
    )


def left_out(said: Damage, captured: Captured) -> tuple[str, ...]:
    """The ledger's migrations that are no part of what was said, each with its transaction."""
    return tuple(
        f"{each.migration} ({each.number or each.first})"
        for each in captured.ledger
        if said.spans and not _includes(said, each)
    )


def with_ledger(said: Damage, captured: Captured) -> Damage:
    """What was said; what the ledger leaves in doubt beside it stays so.

    Of a migration whose end is not known, what was said is all that there is.
    """
    doubtful = [(each.first, each.end) for each in captured.ledger if each.number is not None]
    return msgspec.structs.replace(said, doubtful=tuple(doubtful))


def candidates(captured: Captured) -> tuple[str, ...]:
    """Who wrote what differs, the likeliest first, as it is told."""
    likely = sorted(captured.writers, key=lambda each: not each.migrations)
    return tuple(
        f"{each.number} ({', '.join(each.migrations)})" if each.migrations else str(each.number)
        for each in likely[:CANDIDATES_MAX]
    )


def _includes(said: Damage, entry: Recorded) -> bool:
    if entry.number is not None:
        return said.is_migration(entry.number)
    return any(first < entry.end and entry.first < end for first, end in said.spans)


def proposed(writers: Sequence[Writer]) -> Damage:
    """The transactions that recorded a migration since: likely, and for a person to confirm."""
    found = [each for each in writers if each.migrations]
    names = ", ".join(name for each in found for name in each.migrations)
    return Damage(
        spans=tuple((each.number, each.number + 1) for each in found),
        evidence=f"recorded {names}" if found else "",
    )
