"""Some tables lost rows or values: copied back from the recovered database, the rest untouched."""

from __future__ import annotations

import shlex

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.errors.tables import CloneServes
from hrmsops.gcp.resources import short
from hrmsops.postgres.copy import Copied, TableCopied
from hrmsops.rollback.continuing import Recovered
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.hold_first import HoldFirst
from hrmsops.steps.rows.copy_rows import copying, shown_of

COMMAND = "rollback pitr --tables"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked to be copied back."""

    tables: tuple[str, ...]
    columns: tuple[str, ...] = ()
    """Empty: whole rows."""
    overwrites: bool = False
    """Rows that differ become as they were; else only what is missing comes back."""
    renamed: dict[str, dict[str, str]] = {}
    """By table: a column's name in the clone, and its name now."""


def require_other(clone: Recovered, into: str) -> None:
    """Raise CloneServes where the recovered instance is the one to copy into."""
    if clone.instance == into:
        raise CloneServes(instance=into, run=clone.run)


def plan(
    facts: ServiceFacts,
    clone: Recovered,
    *,
    into: str,
    wanted: Wanted,
    difference: Copied,
    environment: Environment,
    reason: str,
    hold: HoldFirst = HoldFirst(),  # noqa: B008 - frozen.
) -> Plan:
    """One transaction that copies just what `difference`, a rehearsal, found. Pure."""
    run = new_run_id(facts.observed_at)
    shown = shown_of(difference)
    overwrites = wanted.overwrites and any(each.updated for each in shown)
    step = copying(
        overwrites,
        clone=clone.instance,
        into=into,
        tables=wanted.tables,
        columns=wanted.columns,
        renamed=wanted.renamed,
        shown=shown,
    )
    tables = ", ".join(wanted.tables)
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=COMMAND,
        environment=environment.name,
        reason=reason,
        headline=(
            f"Rows of {tables} in {into} come back as {clone.instance} has them"
            if shown
            else f"{tables}: nothing is missing in {into} that {clone.instance} has"
        ),
        subject={
            "service": facts.service.name,
            "instance": into,
            "clone": clone.instance,
            "at": clone.at.isoformat(),
            "continues": clone.run,
            **({"overwrites": into} if overwrites else {}),
        },
        because=_because(facts, clone, into, difference),
        warnings=(*hold.warnings, *_warnings(difference, overwrites=overwrites)),
        undo=shlex.join(["hrmsops", "rollback", "undo-copy", run]) if shown else None,
        steps=(*hold.steps, step) if shown else (),
    )


def _because(
    facts: ServiceFacts, clone: Recovered, into: str, difference: Copied
) -> tuple[str, ...]:
    return (
        f"{short(facts.service.name)} serves from {into}",
        f"{clone.instance} shows {clone.at:%Y-%m-%d %H:%M:%S} UTC (run {clone.run})",
        *(_difference(each) for each in difference.tables),
    )


def _difference(of: TableCopied) -> str:
    words = [f"{of.inserted} rows come back"]
    if of.columns:
        words.append(f"{of.updated} become as they were ({', '.join(of.columns)})")
    if of.left_out:
        words.append(f"{of.left_out} are missing as a whole, which --columns cannot make")
    if of.kept:
        words.append(f"{of.kept} differ and stay as they are")
    words.append(f"{of.only_in_target} are new since and stay")
    return f"{of.table}: {'; '.join(words)}"


def _warnings(difference: Copied, *, overwrites: bool) -> tuple[str, ...]:
    found = []
    if overwrites:
        found.append("What users wrote since in rows that become as they were is overwritten")
    if any(each.inserted for each in difference.tables):
        found.append("Rows that users themselves deleted since come back too: look at the counts")
    found += [f"{each.table}: trigger {each.name} will fire" for each in difference.fired]
    return tuple(found)
