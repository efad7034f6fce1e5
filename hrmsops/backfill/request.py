"""What was asked for: the options of `backfill_data`, as one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from hrmsops.errors.backfill import BackfillOptionsDiffer, BackfillOptionsWrong

PACE = ("batch_rows", "sleep_seconds")
"""What may differ when a run is gone on with: it changes no row's fate."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One backfill. None, and () for `filters`, is what was left open."""

    backfill: str | None = None
    model: str | None = None
    field: str | None = None
    value: str | None = None
    expression: str | None = None
    filters: tuple[str, ...] = ()
    batch_rows: int | None = None
    sleep_seconds: float | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Request:
        """The request that `as_document` wrote."""
        known = {each.name for each in fields(cls)}
        facts = {name: value for name, value in document.items() if name in known}
        return cls(**{**facts, "filters": tuple(facts.get("filters", ()))})

    def as_document(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def subject(self) -> str:
        """What is worked on, in one line: two runs of the same subject exclude each other."""
        if self.backfill:
            return self.backfill
        if self.expression is not None:
            return f"{self.model}.{self.field} = {self.expression}"
        return f"{self.model}.{self.field} = {self.value!r}"

    def require_complete(self) -> None:
        """Raise BackfillOptionsWrong where it does not say what to do with which field."""
        if self.backfill:
            if self._generic:
                raise BackfillOptionsWrong(
                    problem=f"--backfill {self.backfill} says by itself what it does; "
                    f"--{' and --'.join(self._generic)} cannot be given with it."
                )
            return
        if not (self.model and self.field):
            raise BackfillOptionsWrong(problem="Neither --backfill nor --model and --field.")
        if (self.value is None) == (self.expression is None):
            raise BackfillOptionsWrong(
                problem=f"{self.model}.{self.field} needs one of --value and --expression."
            )

    @property
    def _generic(self) -> list[str]:
        given = {
            "model": self.model,
            "field": self.field,
            "value": self.value,
            "expression": self.expression,
            "filter": self.filters or None,
        }
        return [name for name, value in given.items() if value is not None]

    def resumed(self, before: Request) -> Request:
        """This request with what it left open from the one that was begun.

        Raises BackfillOptionsDiffer where it says something else.
        """
        differing: dict[str, tuple[str, str]] = {}
        for each in fields(self):
            asked, was = getattr(self, each.name), getattr(before, each.name)
            if asked in (None, ()) or each.name in PACE:
                continue
            same = sorted(asked) == sorted(was) if each.name == "filters" else asked == was
            if not same:
                differing[each.name] = (str(was), str(asked))
        if differing:
            raise BackfillOptionsDiffer(subject=before.subject, differing=differing)
        pace = {name: getattr(self, name) for name in PACE if getattr(self, name) is not None}
        return replace(before, **pace)
