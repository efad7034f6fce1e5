"""What `rollback backup` was asked for, and the plan that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.gcp.sql_resources import Backup
    from hrmsops.rollback.backup_facts import BackupFacts
    from hrmsops.rollback.facts import ServiceFacts
    from hrmsops.rollback.hold_first import HoldFirst
    from hrmsops.world import World


@dataclass(frozen=True, kw_only=True)
class Restoration:
    """What was typed; `continues` goes on from an earlier run and takes no backup."""

    backup: str | None = None
    in_place: bool = False
    continues: str | None = None
    promote: bool = False
    revision: str | None = None
    instance: str | None = None
    clone_name: str | None = None
    reason: str | None = None
    accepted: tuple[str, ...] = ()
    acknowledged: tuple[str, ...] = ()
    is_interactive: bool = False
    hold: bool = True
    cancel_jobs: bool = False

    def require_one_way(self) -> None:
        """Raise WrongUsage where two flags say different things."""
        from hrmsops.errors.usage import WrongUsage

        for one, other, is_both in (
            ("--continue", "--backup", self.continues is not None and self.backup is not None),
            ("--continue", "--in-place", self.continues is not None and self.in_place),
            ("--in-place", "--promote", self.in_place and self.promote),
        ):
            if is_both:
                problem = f"{one} and {other} exclude each other."
                raise WrongUsage(problem=problem, command="hrmsops rollback backup")


def plan_of(ask: Restoration, manner: Manner, world: World, journal: Journal) -> Plan:
    """Look once, and plan: a restore, one that goes on to the cutover, or the cutover alone."""
    ask.require_one_way()
    if ask.continues is not None:
        return _continued(ask, manner, world, journal)
    from hrmsops.rollback.backup_choice import choose
    from hrmsops.rollback.observing import observe
    from hrmsops.rollback.observing_database import observe_backups

    world.require_login()
    facts = observe(world, journal)
    database = observe_backups(world, facts, instance_name=ask.instance)
    chosen = choose(database, _wanted(ask, database), accepted=ask.accepted)
    _tell_loss(world, database, chosen, manner)
    kind = _in_place if ask.in_place else _anew
    return kind(ask, manner, world, facts, database, chosen)


def _wanted(ask: Restoration, database: BackupFacts) -> str:
    from hrmsops.commands.asking import pick_backup

    if ask.backup is None or ask.is_interactive:
        return pick_backup(database, ask.backup)
    return ask.backup


def _continued(ask: Restoration, manner: Manner, world: World, journal: Journal) -> Plan:
    """From here on it does not matter what the instance was recovered from."""
    from hrmsops.commands import recovering

    recovery = recovering.Recovery(
        continues=ask.continues,
        promote=ask.promote,
        revision=ask.revision,
        instance=ask.instance,
        reason=ask.reason,
        accepted=ask.accepted,
        acknowledged=ask.acknowledged,
        hold=ask.hold,
        cancel_jobs=ask.cancel_jobs,
    )
    return recovering.plan_of(recovery, manner, world, journal)


def _anew(
    ask: Restoration,
    manner: Manner,
    world: World,
    facts: ServiceFacts,
    database: BackupFacts,
    backup: Backup,
) -> Plan:
    from hrmsops.commands.asking import reason_for
    from hrmsops.commands.recovering import acknowledge_before
    from hrmsops.engine.plan import new_run_id
    from hrmsops.rollback.kinds.backup import plan, sure_until
    from hrmsops.rollback.kinds.pitr import name_of_clone
    from hrmsops.rollback.observing_cutover import observe_cutover

    run, source, at = new_run_id(facts.observed_at), database.active, sure_until(backup)
    project = world.environment.project
    into = name_of_clone(ask.clone_name or source, run=run, project=project)
    promotion = (
        observe_cutover(world, facts, source=source, clone=into, at=at, revision=ask.revision)
        if ask.promote
        else None
    )
    made = plan(
        facts,
        database,
        backup=backup,
        environment=world.environment,
        reason=reason_for(ask.reason, manner),
        run=run,
        into=into,
        promotion=promotion,
        accepted=ask.accepted,
        hold=_held(ask, world),
    )
    if promotion:
        acknowledge_before(promotion, ask.acknowledged, manner, world)
    return made


def _in_place(
    ask: Restoration,
    manner: Manner,
    world: World,
    facts: ServiceFacts,
    database: BackupFacts,
    backup: Backup,
) -> Plan:
    from hrmsops.commands.asking import reason_for
    from hrmsops.rollback.kinds.backup import sure_until
    from hrmsops.rollback.kinds.backup_in_place import plan
    from hrmsops.rollback.observing_cutover import trouble_with
    from hrmsops.rollback.serving_at import served_at

    at = sure_until(backup)
    made = plan(
        facts,
        database,
        backup=backup,
        served=served_at(facts, at, wanted=ask.revision),
        trouble=trouble_with(world, database.active) if database.is_running else "",
        environment=world.environment,
        reason=reason_for(ask.reason, manner),
        accepted=ask.accepted,
        hold=_held(ask, world),
    )
    _acknowledge(ask, manner, world, database, backup)
    return made


def _held(ask: Restoration, world: World) -> HoldFirst:
    from hrmsops.commands.holding import held_first

    return held_first(world, hold=ask.hold, accepted=ask.accepted, cancel=ask.cancel_jobs)


def _acknowledge(
    ask: Restoration, manner: Manner, world: World, database: BackupFacts, backup: Backup
) -> None:
    """Before anything is asked for: what has left the building so far has been dealt with."""
    from hrmsops.commands.acknowledging import acknowledge_items, tell_open
    from hrmsops.rollback.kinds.backup import sure_until
    from hrmsops.steps.rows.irrevocable import listed

    items = listed(
        world,
        instance=database.active,
        since=sure_until(backup),
        queries=tuple(sorted(world.environment.irrevocable.items())),
        application_name="hrmsops",
    )
    names = ask.acknowledged
    if manner.only_shows:
        tell_open(world, items, names=names, manner=manner)
    else:
        acknowledge_items(world, items, names=names, run="", is_open=False, json=manner.json)


def _tell_loss(world: World, database: BackupFacts, backup: Backup, manner: Manner) -> None:
    """What will be lost, before anybody says yes; else the run itself says it first."""
    from hrmsops.console import output
    from hrmsops.rollback.kinds.backup import sure_until
    from hrmsops.steps.cloud_sql.note_loss import loss

    if manner.json or manner.yes or manner.confirm or manner.plan_in or manner.plan_out:
        return
    for sentence in loss(world, database.active, sure_until(backup))["findings"]:
        output.say(sentence, style="warning")
