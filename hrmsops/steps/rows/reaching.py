"""How a step reaches the database of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.engine.run import Run
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Target


def target(world: World, run: Run, instance: str) -> Target:
    """The database of an instance, under the run's name; raises InstanceMissing."""
    found = world.cloud_sql.instance(instance)
    return world.target(found, application_name=f"hrmsops {run.id}")
