"""Who wrote a row: the migration or a user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.merge import Effect
from hrmsops.postgres.session import Target


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What is known of the migration. With nothing known, all that differs is only listed.

    The second clone decides most; the writers decide what users wrote before the migration's end.
    """

    transactions: frozenset[int] = frozenset()
    """Its transactions as pg_current_xact_id() counts them (64 bits); empty: not known."""
    until: int | None = None
    """The first number after its end (pg_snapshot_xmax). Each savepoint has a number of its own,
    so all from its first to this count as the migration's, users' beside it too: set aside."""
    spans: tuple[tuple[int, int], ...] = ()
    """Of each migration the first number and the first after its end: the same, several times."""
    doubtful: tuple[tuple[int, int], ...] = ()
    """The same where a migration's savepoints and users' transactions were counted together."""
    is_harmless: bool = False
    """Nothing damaged anything: every difference is a user's, and `transactions` stays empty."""
    is_alone: bool = True
    """Nobody else wrote between the recovered moment and the second clone's."""
    damage: Target | None = None
    """A clone at the moment of the migration's commit, that commit included."""
    effects: Mapping[str, Effect] = field(default_factory=dict)
    """By table: what the migration's operations can have done there, where that is known."""

    def is_migration(self, writer: int | None) -> bool | None:
        """Whether a row's last writer is the migration; None where that is not known."""
        return None if self.is_in_doubt(writer) else self._is_migration(writer)

    def is_in_doubt(self, writer: int | None) -> bool:
        """Whether a writer may have been a part of the migration, and may have been a user."""
        if writer is None or not any(a <= writer < end for a, end in self.doubtful):
            return False
        return not self._is_migration(writer)

    def _is_migration(self, writer: int | None) -> bool | None:
        if self.is_harmless:
            return False
        if not (self.transactions or self.spans or self.doubtful) or writer is None:
            return None
        if any(first <= writer < end for first, end in self.spans):
            return True
        if (
            self.until is not None
            and self.transactions
            and min(self.transactions) <= writer < self.until
        ):
            return True
        return writer in self.transactions

    @property
    def first(self) -> int:
        """The first number that is the migration's; 0 where that is not known."""
        spans = (*self.spans, *self.doubtful)
        return min([*self.transactions, *(first for first, _ in spans)], default=0)

    def effect_on(self, table: TableName) -> Effect | None:
        """What it can have done to a table; None where nothing was said."""
        if self.is_harmless:
            return Effect(columns=frozenset(), inserts=False, deletes=False)
        return {TableName.parse(name): effect for name, effect in self.effects.items()}.get(table)
