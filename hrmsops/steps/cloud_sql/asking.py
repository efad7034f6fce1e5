"""Ask Cloud SQL for what must be made once, whatever becomes of the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hrmsops.engine.jitter import jitter
from hrmsops.engine.run import Run
from hrmsops.errors.cloud import CallNotAnswered
from hrmsops.errors.cloud_sql import InstanceBusy
from hrmsops.gcp.sql_resources import SqlOperation
from hrmsops.world import World

ASK_AGAIN_FOR = timedelta(minutes=15)
POLL = timedelta(seconds=3)


def ask_once(
    ask: Callable[[], SqlOperation], *, is_there: Callable[[], bool], world: World, run: Run
) -> None:
    """Make `ask`'s call, again only while `is_there` does not see what it would have made.

    A busy instance takes nothing, and an answer that is lost says nothing: both are looked at
    before the call is made again. The operation's name is noted as soon as it is known. Raises
    what the last call raised when the time for it is over, and any other refusal at once.
    """
    until = world.clock.now() + ASK_AGAIN_FOR
    while True:
        try:
            operation = ask()
        except (CallNotAnswered, InstanceBusy) as error:
            if world.clock.now() >= until:
                raise
            run.progress(f"{error.what} Looking again")
            world.clock.sleep(POLL * jitter(0.5, 1.0))
            if is_there():
                return
        else:
            run.note(operation=operation.name)
            return
