"""What is known of a function that a migration runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RowWork:
    """One place where rows are written.

    `verb` is update, delete or insert. `scope` says of how many: `all`, `some` (a filter that
    depends on the data), `batch` (a bounded number at a time), `one`, `few` (counted in the code).
    """

    verb: str
    model: str
    """`app.Model`, empty where it is not known."""
    scope: str
    line: int
    filters: tuple[str, ...] = ()
    is_row_by_row: bool = False
    looped: str = ""
    """How many rows are looped over meanwhile, in the words of `scope`; empty outside of loops."""
    source: str = ""
    """The model whose rows are looped over meanwhile, where it is another one."""
    relation: str = ""
    """The field of the model whose pairs are written, and not the model's own rows."""


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """A function in facts; `gaps` are the calls that it hides its work behind."""

    name: str
    line: int
    works: tuple[RowWork, ...] = ()
    sql: tuple[tuple[str | None, int, str], ...] = ()
    """Text (None: unresolved), line, and the text as it is written."""
    live_models: tuple[tuple[str, int], ...] = ()
    gaps: tuple[tuple[int, str], ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_silent(self) -> bool:
        """Whether it does nothing that we look at."""
        return not (self.works or self.sql or self.live_models or self.gaps)
