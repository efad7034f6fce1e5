"""From `table partition`'s flags to its plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hrmsops.errors.usage import WrongUsage

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.commands.partition_migration import Companion
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.partition.periods import Every
    from hrmsops.world import World

COMMAND = "hrmsops table partition"
REASON = "partitions to come"
Mode = Literal["cut", "maintain", "undo", "finish"]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The flags, of which all that does not belong together is refused."""

    what: Mode
    table: str | None
    by: str
    every: Every | None
    method: Literal["attach", "copy"]
    ahead: int | None
    retain: int | None
    archive: str
    migration_out: Path | None
    reason: str | None


def wish(
    *,
    table: str | None,
    by: str | None,
    every: str | None,
    method: str,
    ahead: int | None,
    maintain: bool,
    retain: int | None,
    archive: str,
    undo: bool,
    finish: bool,
    migration_out: Path | None,
    reason: str | None,
) -> Wish:
    """What was typed; raises WrongUsage, MigrationNotWritable."""
    from hrmsops.commands.partition_migration import require_place

    modes: dict[Mode, bool] = {"maintain": maintain, "undo": undo, "finish": finish}
    asked = [word for word, is_so in modes.items() if is_so]
    what: Mode = asked[0] if asked else "cut"
    for problem, is_so in (
        (f"{' and '.join(f'--{each}' for each in asked)} exclude each other.", len(asked) > 1),
        ("It is not said which TABLE.", table is None and what != "maintain"),
        ("It is not said --by which COLUMN.", what == "cut" and not by),
        ("It is not said how long a partition is: --every.", what == "cut" and not every),
        ("--by and --every are for a table that is not cut yet.", what != "cut" and bool(by)),
        ("--method takes attach or copy.", method not in ("attach", "copy")),
        ("--retain and --archive go with --maintain.", what != "maintain" and bool(retain)),
        ("--archive needs --retain.", bool(archive) and not retain),
        ("--migration-out goes with a cut.", what != "cut" and migration_out is not None),
    ):
        if is_so:
            raise WrongUsage(problem=problem, command=COMMAND)
    if migration_out:
        require_place(migration_out)
    return Wish(
        what=what,
        table=table,
        by=by or "",
        every=_every(every) if every else None,
        method="copy" if method == "copy" else "attach",
        ahead=ahead,
        retain=retain,
        archive=archive,
        migration_out=migration_out,
        reason=reason,
    )


def make_plan(
    world: World, journal: Journal, asked: Wish, manner: Manner, beside: list[Companion]
) -> Plan:
    """Look, and plan what was asked for; `beside` gets what is to be written with it."""
    from hrmsops.commands.asking import reason_for
    from hrmsops.commands.migrating import instance_of

    instance = instance_of(world, journal)
    if asked.what == "maintain":
        return _maintained(world, asked, instance)
    reason = reason_for(asked.reason, manner)
    assert asked.table is not None
    if asked.what == "cut":
        return _cut(world, asked, beside, instance=instance, reason=reason)
    from hrmsops.plans import partition_back
    from hrmsops.plans.observing_partition import observe_cut

    facts = observe_cut(world, instance=instance, table=asked.table)
    planned = partition_back.back if asked.what == "undo" else partition_back.finish
    return planned(facts, environment=world.environment, reason=reason)


def _cut(world: World, asked: Wish, beside: list[Companion], *, instance: str, reason: str) -> Plan:
    from hrmsops.plans import partition, partition_cut
    from hrmsops.plans.observing_partition import observe_table

    assert asked.table is not None
    assert asked.every is not None
    facts = observe_table(world, instance=instance, table=asked.table, column=asked.by)
    how = partition_cut.Asked(
        column=asked.by, every=asked.every, method=asked.method, ahead=asked.ahead
    )
    plan = partition.plan(facts, how, environment=world.environment, reason=reason)
    if asked.migration_out:
        from hrmsops.commands.partition_migration import companion

        beside.append(companion(plan, facts, asked.migration_out))
    return plan


def _maintained(world: World, asked: Wish, instance: str) -> Plan:
    from hrmsops.plans import keeping
    from hrmsops.plans.observing_keeping import observe_kept

    now = world.clock.now()
    found = observe_kept(
        world,
        instance=instance,
        table=asked.table,
        now=now,
        ahead=asked.ahead,
        archive=asked.archive,
    )
    return keeping.plan(
        found,
        now=now,
        service=world.service_name,
        instance=instance,
        environment=world.environment,
        reason=asked.reason or REASON,
        retain=asked.retain,
        archive=asked.archive,
    )


def _every(text: str) -> Every:
    from hrmsops.partition.periods import Every

    try:
        return Every(text)
    except ValueError:
        words = ", ".join(Every)
        problem = f"--every takes {words}, not {text}."
        raise WrongUsage(problem=problem, command=COMMAND) from None
