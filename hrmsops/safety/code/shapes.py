"""The few things that a data migration handles: models, querysets, rows, cursors."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Model:
    """A model, as `app.Model`; `is_live` where it was imported and not asked of `apps`."""

    label: str
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A queryset, or what was read from one."""

    model: str
    filters: tuple[str, ...] = ()
    is_bounded: bool = False
    """Sliced, or picked by keys that were."""

    is_few: bool = False
    """Picked by values that are written down in the code."""

    def filtered(self, *names: str, bounded: bool = False, few: bool = False) -> Rows:
        return replace(
            self,
            filters=(*self.filters, *names),
            is_bounded=self.is_bounded or bounded,
            is_few=self.is_few or few,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a model. `of` is the queryset that is looped over, None for a single one."""

    model: str
    of: Rows | None = None


@dataclass(frozen=True, slots=True)
class Few:
    """A number, text or list whose size does not grow with a table."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list that grows with the rows of `of`."""

    of: Rows


@dataclass(frozen=True, slots=True)
class Tool:
    """`apps`, `schema_editor`, `connection` or `cursor`."""

    kind: str


Shape = Model | Rows | Row | Few | Many | Tool | None
"""None: not known."""
