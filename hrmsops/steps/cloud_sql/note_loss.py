"""Say what a recovery will lose, before it is too late to count it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.pitr import InstanceStopped
from hrmsops.world import World

WITHIN = timedelta(seconds=15)
SHOWN = 4
NONE_DATED = "no row is dated since then"


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
    """What is lost by going back to `since`: seconds, rows by table, and `findings` in words.

    `rows` is None where the database cannot be asked.
    """
    span = world.cloud_now() - since
    told = f"Lost is what was written since {since:%Y-%m-%d %H:%M:%S} UTC, {_in_words(span)}"
    known = {"seconds": round(span.total_seconds())}
    try:
        counted = _counted(world, instance, since)
    except HrmsopsError as error:
        findings = [told, f"how many rows is unknown: {error.what}"]
        return {**known, "rows": None, "findings": findings}
    findings = [told, _rows_in_words(counted)]
    if migrations := counted["migrations"]:
        findings.append(f"migrations since: {_first(migrations)}")
    return {**known, **counted, "findings": findings}


def _counted(world: World, instance: str, since: datetime) -> dict[str, Any]:
    from hrmsops.postgres.written_since import written_since

    seen = world.cloud_sql.instance(instance)
    if not seen.is_running:
        # Said at once: an address where nothing answers would be waited for.
        raise InstanceStopped(instance=instance, state=seen.state, policy=seen.activation_policy)
    target = world.target(seen, application_name="hrmsops")
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
    named = [f"{count:,} in {table}" for table, count in most]
    words = f"at least {sum(rows.values()):,} rows: {_first(named)}" if named else NONE_DATED
    unknown = len(counted["undated"]) + len(counted["uncounted"])
    return f"{words}; not counted: tables that do not date their rows" if unknown else words


def _first(words: list[str]) -> str:
    more = len(words) - SHOWN
    return ", ".join([*words[:SHOWN], *([f"{more} more"] if more > 0 else ())])


def _in_words(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    return f"{minutes:,.0f} minutes ago" if minutes >= 1 else f"{span.total_seconds():.0f} s ago"
