"""The one place where facts about a service are read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hrmsops.engine.journal import Journal
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.history import of_service
from hrmsops.world import World


def observe(world: World, journal: Journal) -> ServiceFacts:
    """Look once: the two calls to Cloud Run go out together."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        cloud_run = world.cloud_run
        service = pool.submit(cloud_run.service, world.service_name)
        revisions = pool.submit(cloud_run.revisions, world.service_name)
        history = of_service(journal.runs(), world.service_name)
        return ServiceFacts(
            observed_at=world.clock.now(),
            service=service.result(),
            revisions=revisions.result(),
            history=history,
        )
