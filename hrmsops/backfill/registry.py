"""What the project's apps register in their `backfills.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from hrmsops.errors.backfill import BackfillRegisteredTwice, BackfillUnknown

Function = Callable[..., int]
"""`(dry_run=False) -> rows`: it finds, changes and counts its rows itself."""


@dataclass(frozen=True, kw_only=True)
class Backfill:
    """A backfill that says which rows it is about and what becomes of them, and nothing else.

    Batches, checkpoint, resume, throttle and progress are the engine's. Give either `updates` or
    `batch`. Both are called when the backfill runs, so that models need not be there before.
    """

    name: str
    description: str
    queryset: Callable[[], Any]
    """The rows, in no order and without a slice."""
    updates: Callable[[], Mapping[str, Any]] | None = None
    """Of each field to write, its value or expression, as for `QuerySet.update`."""
    batch: Callable[[list[Any]], object] | None = None
    """Called with the locked rows of one batch, in its transaction."""
    fields: Sequence[str] = ()
    """What `batch` set on the rows, to be written for it; () where it writes by itself."""
    vanishes: bool = False
    """Of `batch`: a row that is done is not in `queryset` any more, so it can be swept for."""
    batch_rows: int | None = None
    """The most rows of a batch; None leaves it to the engine."""


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One name: a whole backfill of the project's own, or a declared one."""

    name: str
    description: str
    module: str
    function: Function | None = None
    declared: Backfill | None = None


class Registry:
    """Backfills by their names."""

    def __init__(self) -> None:
        self._found: dict[str, Registered] = {}

    def register(self, name: str, description: str = "") -> Callable[[Function], Function]:
        """Decorate a function `(dry_run=False) -> int` that does everything by itself."""

        def registering(function: Function) -> Function:
            self._add(
                Registered(
                    name=name,
                    description=description,
                    module=function.__module__,
                    function=function,
                )
            )
            return function

        return registering

    def declare(self, backfill: Backfill) -> Backfill:
        """Register rows and what becomes of them: `backfill_registry.declare(Backfill(...))`."""
        if (backfill.updates is None) == (backfill.batch is None):
            raise TypeError(f"Backfill {backfill.name!r} needs either `updates` or `batch`.")
        module = backfill.queryset.__module__
        self._add(
            Registered(
                name=backfill.name,
                description=backfill.description,
                module=module,
                declared=backfill,
            )
        )
        return backfill

    def find(self, name: str) -> Registered:
        """Raises BackfillUnknown, with the near names."""
        if name not in self._found:
            raise BackfillUnknown(name=name, known=tuple(self._found))
        return self._found[name]

    def __iter__(self) -> Iterator[Registered]:
        return iter(sorted(self._found.values(), key=lambda each: each.name))

    def _add(self, registered: Registered) -> None:
        there = self._found.get(registered.name)
        # A module that is read a second time says the same again.
        if there and there.module != registered.module:
            raise BackfillRegisteredTwice(
                name=registered.name, modules=(there.module, registered.module)
            )
        self._found[registered.name] = registered


backfill_registry = Registry()


def discover() -> None:
    """Read `<app>/backfills.py` of every installed app; what fails in one is raised as it is."""
    from django.apps import apps

    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.backfills"):
            import_module(f"{app.name}.backfills")
