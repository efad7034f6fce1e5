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
    damage: Target | None = None
    """A clone at the moment of the migration's commit, that commit included."""
    effects: Mapping[str, Effect] = field(default_factory=dict)
    """By table: what the migration's operations can have done there, where that is known."""

    def is_migration(self, writer: int | None) -> bool | None:
        """Whether a row's last writer is the migration; None where that is not known."""
        if not self.transactions or writer is None:
            return None
        if self.until is not None and min(self.transactions) <= writer < self.until:
            return True
        return writer in self.transactions

    def effect_on(self, table: TableName) -> Effect | None:
        """What it can have done to a table; None where nothing was said."""
        return {TableName.parse(name): effect for name, effect in self.effects.items()}.get(table)
