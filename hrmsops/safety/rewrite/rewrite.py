"""The shape of a rewrite, of what it is given, and of what it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from hrmsops.safety.operations import Operation
from hrmsops.safety.state import ModelState, State


class Phase(IntEnum):
    """When a part is applied. Each phase is a migration of its own, and they keep this order."""

    COLUMN = 0
    BACKFILL = 1
    BUILD = 2
    UNIQUE = 3
    """Each in a migration by itself: begun again, it could not take its index over twice."""
    NOT_VALID = 4
    VALIDATE = 5
    FINISH = 6
    LATER = 7
    """In another release: its file is not taken for a migration until somebody renames it."""

    @property
    def is_atomic(self) -> bool:
        return self not in (Phase.BACKFILL, Phase.BUILD, Phase.UNIQUE)

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEdit:
    """A field of the models as they are today that has to name its column."""

    model: str
    field: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Operations of one phase, as they are typed, and what they need above the class."""

    phase: Phase
    operations: tuple[str, ...]
    imports: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    model_edits: tuple[ModelEdit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An operation as it is typed, and the models before and after it."""

    operation: Operation
    code: str
    app: str
    state: State
    after: State
    target_django: tuple[int, int] | None
    """None where it is not known."""
    expands: bool = False
    """A renamed column becomes a second one, instead of keeping its name."""
    rules: frozenset[str] = field(default=frozenset())
    """The rules whose findings it is to answer."""

    @property
    def model(self) -> ModelState:
        return self.after.model(self.app, self.operation.model)


@dataclass(frozen=True, slots=True)
class CannotRewrite:
    """Why an operation has to be written anew by hand."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A rewrite: the kinds of operations that it takes, and the rules that it answers."""

    takes: tuple[str, ...]
    answers: frozenset[str]
    parts: Callable[[Place], tuple[Part, ...] | CannotRewrite]
