"""Damaged data that no code repairs: the database as it was at a moment, as a new instance."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.gcp.resources import short
from hrmsops.rollback.cutover_facts import CutoverFacts
from hrmsops.rollback.database_facts import DatabaseFacts
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.hold_first import HoldFirst
from hrmsops.rollback.recovery_end import recovery_end
from hrmsops.steps.cloud_sql.clone_instance import CloneInstance
from hrmsops.steps.cloud_sql.note_instance import NoteInstance
from hrmsops.steps.cloud_sql.verify_clone import VerifyClone
from hrmsops.steps.cloud_sql.wait_for_logs import WaitForLogs

ROLLBACK_PITR = "rollback pitr"
NAME_CHARACTERS_MAX = 98
_RUN_ID = re.compile(r"-\d{6}-\d{6}-[0-9a-f]{4}$")


def plan(
    facts: ServiceFacts,
    database: DatabaseFacts,
    *,
    at: datetime,
    environment: Environment,
    reason: str,
    clone_name: str | None,
    run: str = "",
    evidence: tuple[str, ...] = (),
    without: str = "",
    promotion: CutoverFacts | None = None,
    accepted: Collection[str] = (),
    hold: HoldFirst = HoldFirst(),  # noqa: B008 - frozen.
) -> Plan:
    """Clone, wait, verify, and stop there: nothing that serves is touched.

    `evidence` says how the moment is known, `without` which migration must not be there by then.
    With a `promotion`, which was observed for this `run` and its clone's name, it goes on to the
    cutover. Raises what DatabaseFacts.require_moment and `cutover_steps` raise.
    """
    database.require_moment(at)
    run = run or new_run_id(facts.observed_at)
    source = database.instance.name
    into = name_of_clone(clone_name or source, run=run, project=environment.project)
    cloning = _cloning(database, environment, at=at, into=into, without=without)
    first = len(hold.steps) + len(cloning) + 1
    end = recovery_end(
        promotion, into=into, environment=environment, run=run, accepted=accepted, first=first
    )
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=ROLLBACK_PITR,
        environment=environment.name,
        reason=reason,
        headline=f"A new instance {into} with the data of {at:%Y-%m-%d %H:%M:%S} UTC{end.headline}",
        subject={
            "service": facts.service.name,
            "instance": source,
            "clone": into,
            "at": at.isoformat(),
            **end.subject,
        },
        because=(*_because(facts, database, at, evidence), *end.because),
        warnings=(*hold.warnings, *_warnings(database), *end.warnings),
        undo=end.undo,
        steps=(*hold.steps, *cloning, *end.steps),
    )


def _cloning(
    database: DatabaseFacts, environment: Environment, *, at: datetime, into: str, without: str
) -> tuple[Step[Any], ...]:
    source, checks = database.instance.name, tuple(sorted(environment.checks.items()))
    assert database.window is not None, "require_moment has looked."
    is_shipped = at <= database.window.latest
    return (
        NoteInstance(instance=source),
        *(() if is_shipped else (WaitForLogs(instance=source, until=at),)),
        CloneInstance(source=source, into=into, at=at),
        VerifyClone(source=source, clone=into, checks=checks, without=without),
    )


def name_of_clone(prefix: str, *, run: str, project: str) -> str:
    """`PREFIX-RUN`, where the prefix loses an earlier run's id and whatever is too long.

    Cloud SQL counts 98 characters with the project's name and a colon.
    """
    room = NAME_CHARACTERS_MAX - len(project) - 1 - len(run) - 1
    return f"{base_name(prefix)[:room].rstrip('-')}-{run}"


def base_name(instance: str) -> str:
    """The name without the id of the run that made it: what a recovered instance descends from."""
    return _RUN_ID.sub("", instance)


def _because(
    facts: ServiceFacts, database: DatabaseFacts, at: datetime, evidence: tuple[str, ...]
) -> tuple[str, ...]:
    window = database.window
    assert window is not None
    local = at.astimezone()
    return (
        f"{short(facts.service.name)} serves from {database.instance.name}",
        f"The moment: {at:%Y-%m-%d %H:%M:%S} UTC, here {local:%Y-%m-%d %H:%M:%S %Z}",
        *(f"That is {each}" for each in evidence),
        f"Its logs begin at {window.earliest:%Y-%m-%d %H:%M:%S} UTC",
        "What was written after that moment is not in the clone; the old instance keeps it",
    )


def _warnings(database: DatabaseFacts) -> tuple[str, ...]:
    found = []
    configured, name = database.configured, database.instance.name
    if configured and configured != name:
        found.append(f'hrmsops.toml names {configured}; set instance = "{name}"')
    if not database.instance.keeps_backups_on_delete:
        found.append("Backups of the old instance die with it: never delete it before the end")
    return tuple(found)
