"""From `seed`'s flags to its plan, and what it only shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.plans.seed_facts import SeedFacts
    from hrmsops.seed.catalogue import Spec
    from hrmsops.seed.material import Material
    from hrmsops.world import World

REASON = "load the reference data"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The flags as they were typed."""

    only: tuple[str, ...]
    shows_all: bool
    overwrite: bool
    reason: str | None


def make_plan(world: World, journal: Journal, asked: Asked, manner: Manner) -> Plan:
    """Look, show what differs, and plan; a password that is needed is had before it begins."""
    from hrmsops.commands.seed_password import provide
    from hrmsops.console import seed as view
    from hrmsops.plans.seed import plan

    facts, found = _observed(world, journal, asked)
    if not manner.json:
        view.differences(facts, found, shows_all=asked.shows_all, is_look=manner.dry_run)
    made = plan(facts, environment=world.environment, reason=_reason(asked, manner))
    if not manner.only_shows:
        provide(world, made)
    return made


def show_document(asked: Asked, manner: Manner) -> None:
    """The plan with each row that differs, as one document; nothing is changed."""
    from hrmsops.commands.applying import journal_of, world_of
    from hrmsops.console import output, plans
    from hrmsops.console import seed as view
    from hrmsops.plans.seed import plan

    world = world_of(manner)
    facts, found = _observed(world, journal_of(world), asked)
    made = plan(facts, environment=world.environment, reason=_reason(asked, manner))
    told = view.document(facts, found, shows_all=asked.shows_all)
    output.write_json("plan", {**plans.document(made), "rehearsed": [], **told})


def show_list(asked: Asked, manner: Manner) -> None:
    """What there is, where it belongs, and how far to rely on it; no environment is asked."""
    from hrmsops import config
    from hrmsops.console import output
    from hrmsops.console import seed_list as view
    from hrmsops.seed.catalogue import chosen
    from hrmsops.seed.material import data

    specs = chosen(asked.only, kind=None)
    tables = data(config.load(manner.config), specs)
    if manner.json:
        output.write_json("seed-list", view.document(specs, tables, with_rows=bool(asked.only)))
    else:
        view.show(specs, tables, with_rows=bool(asked.only))


def write_fixtures(folder: Path, asked: Asked, manner: Manner) -> None:
    """Files that `loaddata` takes, of the kind of the environment that was named."""
    from hrmsops import config
    from hrmsops.console import output
    from hrmsops.django.describing import Describer
    from hrmsops.django.project import project_of
    from hrmsops.engine.clock import SystemClock
    from hrmsops.seed.django_fixtures import write
    from hrmsops.seed.material import material

    loaded = config.load(manner.config)
    environment = loaded.environment(manner.env) if manner.env else None
    specs = _specs(asked, environment.kind if environment else "sandbox")
    with Describer(project_of(loaded)) as describer:
        models = describer.models()
        found = material(loaded, models, specs)
        files = write(folder, found, models, describer, now=SystemClock().now())
    if manner.json:
        output.write_json("seed-fixtures", {"files": [str(each) for each in files]})
        return
    for each in files:
        output.result(str(each))
    output.say("They are for an empty database: loaddata overwrites the rows of their keys.")
    output.next_step(f"manage.py loaddata {' '.join(each.name for each in files[:1])} …")


def _observed(world: World, journal: Journal, asked: Asked) -> tuple[SeedFacts, Material]:
    from hrmsops.commands.migrating import instance_of
    from hrmsops.plans.observing_seed import observe_seed
    from hrmsops.plans.seed import require_kind

    specs = _specs(asked, world.environment.kind)
    require_kind(specs, world.environment)
    return observe_seed(
        world,
        instance=instance_of(world, journal),
        specs=specs,
        only=tuple(dict.fromkeys(each.fixture for each in specs)) if asked.only else (),
        overwrite=asked.overwrite,
    )


def _specs(asked: Asked, kind: str) -> tuple[Spec, ...]:
    from hrmsops.seed.catalogue import chosen

    return chosen(asked.only, kind=kind)


def _reason(asked: Asked, manner: Manner) -> str:
    """What overwrites somebody's work needs a reason; adding what is missing has one of its own."""
    from hrmsops.commands.asking import reason_for

    if asked.overwrite or asked.reason or manner.plan_in:
        return reason_for(asked.reason, manner)
    return REASON
