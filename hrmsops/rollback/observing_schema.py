"""The one place where the schema of what serves is read, and held against a revision's code."""

from __future__ import annotations

from datetime import timedelta

from hrmsops.errors.base import HrmsopsError
from hrmsops.gcp.resources import Revision
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.known import Known
from hrmsops.rollback.moments import Applied
from hrmsops.rollback.observing import aside
from hrmsops.rollback.observing_database import active_instance
from hrmsops.rollback.reading_code import read_code
from hrmsops.rollback.schema_fit import applied_after, fits
from hrmsops.rollback.sighting import SchemaFacts, Seen
from hrmsops.world import World

DEADLINE = timedelta(seconds=4)
"""A database that is down must not hold up the rollback of the application."""


def schema_of(world: World, facts: ServiceFacts) -> SchemaFacts:
    """Migrations, ledger and checks, read in sessions that write nothing; raises HrmsopsError."""
    from hrmsops.postgres.catalog_reading import read_catalog
    from hrmsops.postgres.checks import answers
    from hrmsops.postgres.ledger import read_ledger
    from hrmsops.postgres.session import connect

    instance = world.cloud_sql.instance(active_instance(world, facts))
    target = world.target(instance, application_name="hrmsops")
    with connect(target, read_only=True) as session:
        migrations = read_catalog(session).migrations
        ledger = read_ledger(session)
    return SchemaFacts(
        applied=tuple(
            Applied(migration=f"{each.app}.{each.name}", at=each.applied_at) for each in migrations
        ),
        checks=answers(target, tuple(sorted(world.environment.checks.items()))),
        leaves_by_image={each.image: each.leaves for each in ledger if each.image},
    )


def fit_of(world: World, facts: ServiceFacts, revision: Revision) -> Known | None:
    """Whether `revision` runs on today's schema; None where no database is configured."""
    if world.environment.database is None:
        return None
    schema = _seen(world, facts)
    later = applied_after(revision, schema.value) if schema.value else ()
    names = tuple(each.migration for each in later)
    return fits(revision, schema, read_code(world.config, names) if names else None)


def _seen(world: World, facts: ServiceFacts) -> Seen[SchemaFacts]:
    try:
        look = aside(lambda: schema_of(world, facts))
        return Seen(value=look.result(timeout=DEADLINE.total_seconds()))
    except HrmsopsError as error:
        return Seen(value=None, why=f"{error.what} {error.why}", code=error.code)
    except TimeoutError:
        return Seen(value=None, why=f"no answer within {DEADLINE.total_seconds():.0f} s")
