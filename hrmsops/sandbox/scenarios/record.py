"""What hrmsops has on record of a drill: its runs, read by typing its own command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hrmsops.sandbox.scenarios.operator import Desk, look
from hrmsops.sandbox.state import Json

KEEPS_DIFFERENCES = "capture-differences"
"""The step of a cutover that keeps what was written since, for a replay."""


@dataclass(frozen=True)
class Record:
    """Every run, oldest first, as `hrmsops runs --json` shows it."""

    runs: tuple[Json, ...]

    @classmethod
    def read(cls, desk: Desk) -> Self:
        """As it is now; empty where nothing could be read."""
        return cls(tuple(reversed(look(desk, "runs").told.get("runs", ()))))

    @property
    def unfinished(self) -> Json | None:
        return next((run for run in self.runs if run["outcome"] == "unfinished"), None)

    @property
    def rollback(self) -> Json | None:
        """The first rollback that was carried out."""
        return next((run for run in self._done("rollback ") if run["steps"]), None)

    @property
    def taken(self) -> str:
        """The branch of the guide's tree that it was; "" where there was none."""
        return str(self.rollback["command"]).split()[1] if self.rollback else ""

    @property
    def cutover(self) -> Json | None:
        """The last one that led users to another database."""
        found = [run for run in self._done("rollback ") if _has(run, KEEPS_DIFFERENCES)]
        return found[-1] if found else None

    @property
    def replay(self) -> Json | None:
        """What was brought after the last cutover."""
        after = self.cutover["began_at"] if self.cutover else ""
        return next((run for run in self._done("replay") if run["began_at"] > after), None)

    def listings(self, desk: Desk) -> list[Path]:
        """The folders in which the replays that were applied list what they left."""
        records = Path(desk.env["HRMSOPS_STATE_DIR"])
        return [
            records / "replays" / run["replays"] / f"plan-{run['replay']}"
            for run in self._done("replay")
            if run["command"] == "replay"
        ]

    @property
    def rows_written(self) -> int:
        """Of all replays, and of tables that were copied back."""
        return sum(written(run) for run in self.runs)

    def _done(self, command: str) -> list[Json]:
        return [
            run
            for run in self.runs
            if run["outcome"] == "done" and str(run["command"]).startswith(command)
        ]


def written(run: Json) -> int:
    """How many rows a run has inserted, updated or deleted by its record."""
    results = [step.get("result") or {} for step in run.get("steps", ())]
    return sum(
        int(result.get(name, 0))
        for result in results
        for name in ("applied", "inserted", "updated")
    )


def _has(run: Json, step: str) -> bool:
    return any(each["step"] == step for each in run["steps"])
