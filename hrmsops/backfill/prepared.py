"""A request looked at: names found, types checked, the way through the table chosen."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace

from hrmsops.backfill import reading, table
from hrmsops.backfill.continuing import named
from hrmsops.backfill.health import chosen_signals
from hrmsops.backfill.reaching import require_postgresql
from hrmsops.backfill.registry import Registered, backfill_registry, discover
from hrmsops.backfill.request import Request
from hrmsops.backfill.strategy import Strategy, choose, in_words
from hrmsops.backfill.work import Work
from hrmsops.errors.backfill import BackfillOptionsWrong


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A request whose names and types are right: rows and change, or a whole function."""

    request: Request
    work: Work | None
    registered: Registered | None
    strategy: Strategy | None

    @property
    def title(self) -> str:
        if self.work is not None:
            return self.work.title
        assert self.registered is not None
        return f"{self.registered.name}: {self.registered.description or 'a function'}"

    def how(self) -> str:
        """The strategy and its reason, in words."""
        if self.strategy is None:
            return "a function of the project's own, without checkpoints"
        chosen = in_words(self.strategy.kind, vacuum=self.strategy.vacuum_rows is not None)
        return f"{chosen}: {self.strategy.why}"

    def counted(self) -> int:
        """Rows that would be changed now."""
        if self.work is not None:
            return int(self.work.rows.count())
        return self.called(dry_run=True)

    def called(self, *, dry_run: bool) -> int:
        """Call the project's function, with the pace where it takes one."""
        assert self.registered is not None
        assert self.registered.function is not None
        function = self.registered.function
        return int(function(dry_run=dry_run, **_pace_of(self.registered, self.request)) or 0)


def _pace_of(registered: Registered, request: Request) -> dict[str, float]:
    """What of the pace was asked for. Raises BackfillOptionsWrong where the function takes none."""
    assert registered.function is not None
    taken = inspect.signature(registered.function).parameters
    asked = {"batch_size": request.batch_rows, "sleep": request.sleep_seconds}
    given = {name: value for name, value in asked.items() if value is not None}
    if wrong := [name for name in given if name not in taken]:
        raise BackfillOptionsWrong(
            problem=f"{registered.name} takes no {wrong[0]}: it goes at its own pace."
        )
    return given


def prepare(request: Request, *, using: str) -> Prepared:
    """Find names, check types, look at the table; nothing is written."""
    require_postgresql(using)
    chosen_signals()
    request.require_complete()
    if not request.backfill:
        work = reading.generic(request, using=using)
        return _prepared(named(request), work=work, registered=None)
    discover()
    registered = backfill_registry.find(request.backfill)
    if registered.declared is None:
        _pace_of(registered, request)
        return Prepared(request=request, work=None, registered=registered, strategy=None)
    work = reading.declared(registered.declared, using=using)
    if request.batch_rows is None:
        request = replace(request, batch_rows=registered.declared.batch_rows)
    return _prepared(request, work=work, registered=registered)


def _prepared(request: Request, *, work: Work, registered: Registered | None) -> Prepared:
    strategy = choose(table.facts_of(work), repeatable=work.repeatable)
    return Prepared(request=request, work=work, registered=registered, strategy=strategy)
