"""What every step of every plan is, and how one is written down and revived."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import msgspec

from hrmsops.errors.run import StepUnknown

if TYPE_CHECKING:
    from hrmsops.engine.run import Run

WorldT = TypeVar("WorldT")
Result = dict[str, Any]
"""What a step leaves for later steps and for the record: JSON values by name."""


class Step(msgspec.Struct, Generic[WorldT], frozen=True, kw_only=True):
    """One change to the world, or one look at it: data alone, so that it can be journaled.

    `changes` says whether it writes to the world. `is_scaffold` marks a write that serves no user
    and is taken away again when the run fails before its first real change. `loses_data` asks
    for more than `--yes`: the name of what is changed, typed or as `--confirm`.
    """

    name: ClassVar[str]
    changes: ClassVar[bool] = True
    is_scaffold: ClassVar[bool] = False
    loses_data: ClassVar[bool] = False

    def sentence(self) -> str:
        """What it will do, for a person: "Shift all traffic to …"."""
        raise NotImplementedError(self.name)

    def find(self, world: WorldT, run: Run) -> Result | None:
        """What `apply` would have returned if the world shows it done, else None.

        Asked before a second try and after the first. A step that only looks is never done.
        """
        return None

    def apply(self, world: WorldT, run: Run) -> Result:
        """Do it. Raises HrmsopsError; whether it came through is then for `find` to say."""
        raise NotImplementedError(self.name)

    def revert(self, world: WorldT, run: Run) -> bool:
        """Take away what a failed `apply` may have left; True where nothing of it remains."""
        return not self.changes

    def rehearse(self, world: WorldT) -> str | None:
        """Ask the service whether it would take this, without effect; its answer in words.

        None where a step cannot be rehearsed. Raises what `apply` would raise.
        """
        return None


class StepCatalog:
    """Every kind of step that a journal may hold, by name."""

    def __init__(self, kinds: Iterable[type[Step[Any]]]) -> None:
        self.kinds = {kind.name: kind for kind in kinds}

    def revive(self, record: dict[str, Any]) -> Step[Any]:
        """The step that `written` wrote; StepUnknown where this version does not know it so."""
        fields = dict(record)
        name = str(fields.pop("step", ""))
        if name not in self.kinds:
            raise StepUnknown(step=name)
        try:
            step: Step[Any] = msgspec.convert(fields, self.kinds[name])
        except msgspec.ValidationError as error:
            raise StepUnknown(step=name) from error
        return step


def written(step: Step[Any]) -> dict[str, Any]:
    """The step as JSON values, with its name under "step"."""
    fields: dict[str, Any] = msgspec.to_builtins(step)
    return {"step": step.name, **fields}
