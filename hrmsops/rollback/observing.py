"""The one place where facts about a service are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

from hrmsops.engine.journal import Journal
from hrmsops.engine.run import Run
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.history import of_service
from hrmsops.world import World

T = TypeVar("T")


def observe(world: World, journal: Journal) -> ServiceFacts:
    """Look once: the two calls to Cloud Run go out together."""
    return observe_beside(world, journal.runs)


def observe_beside(world: World, read: Callable[[], Sequence[Run]]) -> ServiceFacts:
    """The same, while `read` brings the runs on record."""
    cloud_run = world.cloud_run
    service = aside(lambda: cloud_run.service(world.service_name))
    revisions = aside(lambda: cloud_run.revisions(world.service_name))
    history = of_service(read(), world.service_name)
    return ServiceFacts(
        observed_at=world.clock.now(),
        service=service.result(),
        revisions=revisions.result(),
        history=history,
    )


def aside(call: Callable[[], T]) -> Future[T]:
    """What `call` returns or raises. No pool: at Ctrl-C a pool waits for calls that hang."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future
