"""Take away again what was taken away since the moment: erasures, terminations, revoked access."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.cutover import RemovalFailed
from hrmsops.steps.rows.reaching import target
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

ROWS_AT_ONCE = 500
_PLACE = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")


class ReapplyRemovals(Step[World], frozen=True, kw_only=True):
    """Find them in the old database, and apply each to the recovered one before it takes traffic.

    `removals` are (name, find, apply) of `[environments.NAME.reapply]`. Each name is one
    transaction, and what it applies may be applied twice: a run that was killed begins it again.
    """

    name: ClassVar[str] = "reapply-removals"

    instance: str
    source: str
    since: datetime
    removals: tuple[tuple[str, str, str], ...]

    def sentence(self) -> str:
        names = ", ".join(name for name, _find, _apply in self.removals)
        return f"Take away again what was taken away since {self.since:%H:%M:%S} UTC: {names}"

    def find(self, world: World, run: Run) -> Result | None:
        counts: dict[str, int] = run.noted(run.at_step).get("counts", {})
        if len(counts) < len(self.removals):
            return None
        return {
            "counts": counts,
            "findings": [f"{name}: {count} taken away again" for name, count in counts.items()],
        }

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.session import connect

        counts: dict[str, int] = {}
        with (
            connect(target(world, run, self.source), read_only=True) as old,
            connect(target(world, run, self.instance)) as new,
        ):
            for name, find, apply in self.removals:
                counts[name] = self._apply_one(old, new, name, find, apply, run=run)
        run.note(counts=counts)
        return {}

    def _apply_one(
        self, old: Session, new: Session, name: str, find: str, apply: str, *, run: Run
    ) -> int:
        import psycopg

        try:
            with new.transaction():
                return reapply(old, new, find=find, apply=apply, since=self.since)
        except (psycopg.Error, KeyError) as error:
            sqlstate = error.sqlstate if isinstance(error, psycopg.Error) else None
            kind = type(error).__name__
            raise RemovalFailed(name=name, sqlstate=sqlstate, kind=kind, run=run.id) from error


def reapply(old: Session, new: Session, *, find: str, apply: str, since: datetime) -> int:
    """Run `apply` in `new` for each row that `find` has in `old`; how many there were.

    Raises psycopg.Error. The rows are read in turn and forgotten.
    """
    count = 0
    with old.cursor() as found, new.cursor() as applied:
        rows = found.stream(bound(find, {"since"}).encode(), {"since": since}, size=ROWS_AT_ONCE)
        for row in rows:
            names = [column.name for column in found.description or ()]
            values: dict[str, Any] = dict(zip(names, row, strict=True))
            applied.execute(bound(apply, set(names)).encode(), values)
            count += 1
    return count


def bound(statement: str, names: set[str]) -> str:
    """psycopg's placeholders instead of `:name` for these names; a percent sign stays one."""

    def place(found: re.Match[str]) -> str:
        return f"%({found[1]})s" if found[1] in names else found[0]

    return _PLACE.sub(place, statement.replace("%", "%%"))
