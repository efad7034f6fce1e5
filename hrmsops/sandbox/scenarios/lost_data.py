"""Drill: a migration loses data while users go on writing; recovered to the moment before it."""

from __future__ import annotations

from hrmsops.sandbox.scenarios.operator import Call, look
from hrmsops.sandbox.scenarios.rewinding import Rewinding

LOSSY_RELEASE = "2024.3-lossy"
MIGRATION = "employees.0003_tidy_up"
EDITS_ON_DAMAGE = 120
"""Requests that users are given time for on what is damaged, before anybody notices."""


class LostData(Rewinding):
    """A column is dropped, amounts become zero, rows are emptied and deleted."""

    name = "lost-data"
    branch = "pitr"
    releases = (LOSSY_RELEASE,)
    reason = "The migration of 2024.3 lost data"

    def damage(self) -> None:
        self.estate.release(self.production, LOSSY_RELEASE)
        self.mark("released", f"{LOSSY_RELEASE} is live, with the migration {MIGRATION}")

    def sign(self) -> str:
        since = self.timeline.monotonic("released") or 0.0
        if self.traffic.counted(since=since).requests < EDITS_ON_DAMAGE:
            return ""
        failed = self.untrue()
        return f"not true any more: {', '.join(failed)}" if failed else ""

    def way_back(self) -> tuple[str, ...]:
        return ("rollback", "pitr", "--before-migration", MIGRATION, "--promote")

    def source(self) -> tuple[str, ...]:
        return ()

    def evidence(self, call: Call, run: str) -> tuple[str, ...]:
        """The transaction that recorded the migration: what `replay` proposes and asks about."""
        seen = look(call.desk, "replay", run, "-e", self.production.name)
        numbers = [
            str(each["transaction"])
            for each in seen.told.get("writers", ())
            if MIGRATION in each["migrations"]
        ]
        return tuple(word for number in numbers for word in ("--damage-transaction", number))
