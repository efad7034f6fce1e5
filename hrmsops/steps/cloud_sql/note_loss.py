"""Say what a recovery will lose, before it is too late to count it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import HrmsopsError
from hrmsops.world import World

WITHIN = timedelta(seconds=15)
TABLES_SHOWN = 4


class NoteLoss(Step[World], frozen=True, kw_only=True):
    """Count what was written to `instance` after `since`; where it does not answer, say so."""

    name: ClassVar[str] = "note-loss"
    changes: ClassVar[bool] = False

    instance: str
    since: datetime

    def sentence(self) -> str:
        return f"Count what was written to {self.instance} after {self.since:%H:%M:%S} UTC"

    def apply(self, world: World, run: Run) -> Result:
        return loss(world, self.instance, self.since)


def loss(world: World, instance: str, since: datetime) -> Result:
    """What is lost by going back to `since`: minutes, rows by table, and `findings` in words.

    `rows` is None where the database cannot be asked.
    """
    minutes = round((world.clock.now() - since).total_seconds() / 60)
    told = f"what was written in the {minutes} minutes since {since:%Y-%m-%d %H:%M:%S} UTC is lost"
    try:
        counted = _counted(world, instance, since)
    except HrmsopsError as error:
        findings = [told, f"in rows it is unknown: {error.what}"]
        return {"minutes": minutes, "rows": None, "findings": findings}
    findings = [told, _rows_in_words(counted)]
    if counted["migrations"]:
        findings.append(f"migrations since: {', '.join(counted['migrations'])}")
    return {"minutes": minutes, **counted, "findings": findings}


def _counted(world: World, instance: str, since: datetime) -> dict[str, Any]:
    from hrmsops.postgres.written_since import written_since

    target = world.target(world.cloud_sql.instance(instance), application_name="hrmsops")
    found = written_since(target, since, within=WITHIN)
    return {
        "rows": {str(table): count for table, count in found.rows.items()},
        "undated": [str(table) for table in found.undated],
        "uncounted": [str(table) for table in found.uncounted],
        "migrations": list(found.migrations),
    }


def _rows_in_words(counted: dict[str, Any]) -> str:
    rows: dict[str, int] = counted["rows"]
    most = sorted(rows.items(), key=lambda each: -each[1])
    named = [f"{count:,} in {table}" for table, count in most[:TABLES_SHOWN]]
    if more := len(most) - len(named):
        named.append(f"others in {more} more tables")
    words = f"at least {sum(rows.values()):,} rows{': ' if named else ''}{', '.join(named)}"
    unknown = len(counted["undated"]) + len(counted["uncounted"])
    return f"{words} ({unknown} tables could not be counted)" if unknown else words
