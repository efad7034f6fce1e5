"""`hrmsops rollback migration` as it is typed, and what it left."""

from __future__ import annotations

import os
from pathlib import Path

from tests.command_line import ROOT, Ended
from tests.migrate.trial import Trial

DYING = os.pathsep.join([str(Path(__file__).parents[1] / "rollback/dying"), str(ROOT)])
TABLE = 'RunSQL("CREATE TABLE {app} (id int PRIMARY KEY, name text)", "DROP TABLE {app}")'
COLUMN = 'RunSQL("ALTER TABLE {app} ADD COLUMN grade int", "ALTER TABLE {app} DROP COLUMN grade")'
ROW = 'RunSQL("INSERT INTO {app} VALUES (1, \'one\')", "DELETE FROM {app}")'
INDEX = (
    'RunSQL("CREATE INDEX CONCURRENTLY {app}_name ON {app} (name)",'
    ' "DROP INDEX CONCURRENTLY {app}_name")'
)
ON_CLONE = ("--rehearse", "clone")
LOSSY = ("--accept", "reverse-is-lossy", "--confirm", "production")
"""To take a table or a column back that a migration made takes what is in it."""


def words(trial: Trial, *more: str) -> tuple[str, ...]:
    ask = ("rollback", "migration", trial.app, "-e", "production", "--config", str(trial.config))
    return (*ask, "--reason", "it was wrong", "--json", *more)


def roll_back(trial: Trial, *more: str, **variables: str) -> Ended:
    """As CI types it, without a rehearsal unless it is said: that has tests of its own."""
    rehearsal = () if "--rehearse" in more else ("--rehearse", "none")
    return trial.recovery.hrmsops(*words(trial, "--yes", *rehearsal, *more), **variables)


def reverses(trial: Trial) -> list[tuple[object, ...]]:
    return trial.query(
        "SELECT name, outcome FROM hrmsops.migrations"
        " WHERE app = '{app}' AND is_reverse ORDER BY id"
    )


def reversed_once(trial: Trial) -> list[object]:
    return [name for name, outcome in reverses(trial) if outcome == "reversed"]


def three(trial: Trial) -> None:
    trial.add("0001_table", TABLE)
    trial.add("0002_index", f"{INDEX}, {COLUMN}", atomic=False)
    trial.add("0003_row", ROW)
    migrated(trial)


def migrated(trial: Trial) -> None:
    ended = trial.migrate("--accept", "no-backup", "--reason", "it is new")
    assert ended.code == 0, ended.out + ended.err


def findings(ended: Ended, step: str) -> list[str]:
    """What one step of a run has told."""
    [found] = [each for each in ended.document["steps"] if each["step"] == step]
    told: list[str] = found["result"]["findings"]
    return told
