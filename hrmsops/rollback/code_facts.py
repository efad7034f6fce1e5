"""What the code at hand says of applied migrations: their reverse, and what they break."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hrmsops.safety.reversal import Reversal


class CodeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Read without running anything of the project.

    `breaks_old` has, by migration, what of the code before it fails: the finding's sentence.
    `dangers` are all that it could judge; a migration that is in neither was not in the code.
    """

    reversals: Mapping[str, Reversal]
    breaks_old: Mapping[str, tuple[str, ...]]

    def missing(self, migrations: tuple[str, ...]) -> tuple[str, ...]:
        """Those that the code at hand does not have."""
        return tuple(each for each in migrations if each not in self.reversals)
