"""The one place where facts about the reference data are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hrmsops.plans.seed_facts import Review, SeedFacts
from hrmsops.seed.catalogue import ADMINISTRATOR, Spec
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session
    from hrmsops.seed.material import Material


def observe_seed(
    world: World,
    *,
    instance: str,
    specs: Sequence[Spec],
    only: tuple[str, ...],
    overwrite: bool,
) -> tuple[SeedFacts, Material]:
    """Ask the HRMS's own Django for its models, and the database how far its rows differ.

    Raises what the bridge, the mapping and the session raise, before anything is changed.
    """
    from hrmsops.django.describing import Describer
    from hrmsops.postgres.session import connect
    from hrmsops.seed.material import material
    from hrmsops.seed.seeding import Due, look

    with Describer(world.project) as describer:
        found = material(world.config, describer.models(), specs)
    due = [Due(mapped=found.mapped[name], rows=found.rows(name)) for name in found.due]
    target = world.target(world.cloud_sql.instance(instance), application_name="hrmsops plan")
    with connect(target) as session:
        differences = look(session, due, overwrite=overwrite)
        sign = _sign(world, session, instance) if ADMINISTRATOR in found.due else ""
        server = str(session.info.parameter_status("server_version")).partition(" ")[0]
    facts = SeedFacts(
        observed_at=world.clock.now(),
        service=world.service_name,
        instance=instance,
        database=target.database,
        role=target.owner_role or target.user,
        server=server,
        kind=world.environment.kind,
        sign=sign,
        only=only,
        overwrite=overwrite,
        differences=differences,
        models={name: found.mapped[name].model for name in found.due},
        left_out={
            name: found.mapped[name].left_out for name in found.due if found.mapped[name].left_out
        },
        reviews=_reviews(found),
    )
    return facts, found


def _sign(world: World, session: Session, instance: str) -> str:
    """What shows that the database is production's, whatever is configured of its environment."""
    from hrmsops.seed.records import as_production
    from hrmsops.seed.seeding import sign_of

    ours = world.environment
    for each in world.config.environments.values():
        is_same = (each.project, each.instance) == (ours.project, instance)
        if each.kind == "production" and is_same:
            return f"the environment {each.name} has this instance"
    before = as_production(session)
    return sign_of(before) if before else ""


def _reviews(found: Material) -> tuple[Review, ...]:
    return tuple(
        Review(table=name, rows=table.rows_for_review, notes=table.review)
        for name in found.due
        if name != ADMINISTRATOR and (table := found.tables[name]).rows_for_review
    )
