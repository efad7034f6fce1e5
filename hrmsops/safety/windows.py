"""Which migrations are judged, and which of them are deployed together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hrmsops.safety.operations import Key, Migration

Choice = Callable[[Migration], bool]


@dataclass(frozen=True, slots=True)
class Windows:
    """The number of the deploy that each migration belongs to; those left out are history."""

    of: Mapping[Key, int]

    def judged(self, migration: Migration) -> bool:
        return migration.key in self.of


def each_in_turn(ordered: tuple[Migration, ...], chosen: Choice) -> Windows:
    """Every migration as if it were deployed by itself."""
    return Windows({each.key: number for number, each in enumerate(ordered) if chosen(each)})


def all_together(ordered: tuple[Migration, ...], chosen: Choice) -> Windows:
    """The migrations that one branch adds, deployed at once."""
    return Windows({each.key: 0 for each in ordered if chosen(each)})
