"""Writes that a recovery left behind, made again on what serves now; and that taken back."""

from __future__ import annotations

import shlex
from datetime import datetime

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.postgres.changes import Manifest, TablePlan
from hrmsops.rollback.damage import Damage
from hrmsops.rollback.recovered import Recovered
from hrmsops.steps.rows.apply_replay import ApplyReplay
from hrmsops.steps.rows.take_back_replay import TakeBackReplay

COMMAND = "replay"


class ReplayFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A merge that was made, and on what evidence."""

    recovered: Recovered
    manifest: Manifest
    damage: Damage
    source: str
    """Where the writes come from: the old instance, or a log."""
    serving: str
    """The instance that the service is bound to now."""


def plan(facts: ReplayFacts, *, now: datetime, environment: Environment, reason: str) -> Plan:
    """One step that makes every change that is nobody's damage. Pure."""
    of, manifest = facts.recovered, facts.manifest
    due = changes_due(manifest)
    step = ApplyReplay(
        recovery=of.run,
        plan=manifest.plan,
        instance=of.clone,
        changes_due=due,
        conflicts=manifest.count("conflict"),
    )
    return Plan(
        run=new_run_id(now),
        made_at=now,
        command=COMMAND,
        environment=environment.name,
        reason=reason,
        headline=(
            f"{due} changes that users made in {facts.source} are made in {of.clone}"
            if due
            else f"{of.clone} lacks nothing that could be replayed"
        ),
        subject={
            "service": of.service,
            "instance": of.clone,
            "replays": of.run,
            "replay": manifest.plan,
        },
        because=(_who(facts), *(sentence(each) for each in manifest.tables)),
        warnings=_warnings(facts),
        undo=shlex.join(["hrmsops", "replay", of.run, "--take-back"]) if due else None,
        steps=(step,) if due else (),
    )


def take_back(
    step: ApplyReplay, of: Recovered, *, now: datetime, environment: Environment, reason: str
) -> Plan:
    """One step that undoes an applied replay, but for rows that were written since. Pure."""
    return Plan(
        run=new_run_id(now),
        made_at=now,
        command=f"{COMMAND} --take-back",
        environment=environment.name,
        reason=reason,
        headline=f"{step.instance} is as before replay {step.plan}",
        subject={
            "service": of.service,
            "instance": step.instance,
            "replays": of.run,
            "replay": step.plan,
        },
        because=(f"It made up to {step.changes_due} changes",),
        warnings=("Rows that were written since the replay stay as they are, and are listed",),
        undo=None,
        steps=(TakeBackReplay(recovery=of.run, plan=step.plan, instance=step.instance),),
    )


def changes_due(manifest: Manifest) -> int:
    """How many changes a plan makes, if nobody wrote on the rows since."""
    return manifest.count("insert") + manifest.count("update") + manifest.count("delete")


def sentence(of: TablePlan) -> str:
    """A table's part, in words."""
    named = {
        "insert": "inserted",
        "update": "updated",
        "delete": "deleted",
        "conflict": "in conflict, listed",
        "aside": "the damage's own, set aside",
    }
    parts = [f"{of.counts[op]} {word}" for op, word in named.items() if of.counts.get(op)]
    return f"{of.table}: {', '.join(parts)}"


def _who(facts: ReplayFacts) -> str:
    damage = facts.damage
    if damage.is_harmless:
        return f"Who wrote what: {damage.evidence}"
    if not damage.spans:
        return f"What was committed is told by {facts.source}"
    return f"The damage is transaction {', '.join(damage.words)}: {damage.evidence}"


def _warnings(facts: ReplayFacts) -> tuple[str, ...]:
    of, manifest, found = facts.recovered, facts.manifest, []
    if facts.serving != of.clone:
        found.append(f"{of.clone} does not serve: {facts.serving} does")
    if not of.is_done:
        found.append(f"Run {of.run}, which cut over, is unfinished")
    if split := sum(each.transactions_split for each in manifest.tables):
        found.append(f"{split} transactions are made in part: they have a conflict besides")
    if manifest.unmergeable:
        names = ", ".join(map(str, manifest.unmergeable))
        found.append(f"Tables without a key differ and are left to you: {names}")
    return tuple(found)
