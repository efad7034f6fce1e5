"""Ask Cloud SQL for what must be made once, whatever becomes of the answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from hrmsops.engine.jitter import jitter
from hrmsops.engine.run import Run
from hrmsops.errors.base import HrmsopsError
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
    what the last call met when the time for it is over, and any other refusal at once.
    """
    until = world.clock.now() + ASK_AGAIN_FOR
    while True:
        try:
            operation = ask()
        except (CallNotAnswered, InstanceBusy) as error:
            met = _named(error, world) if isinstance(error, InstanceBusy) else error
            if world.clock.now() >= until:
                raise met from error
            run.progress(f"{met.what} Looking again")
            world.clock.sleep(POLL * jitter(0.5, 1.0))
            if is_there():
                return
        else:
            run.note(operation=operation.name)
            return


def _named(error: InstanceBusy, world: World) -> InstanceBusy:
    """The same with the operation that is under way and who began it, where that can be read."""
    with suppress(HrmsopsError):
        for operation in world.cloud_sql.operations(error.instance):
            if not operation.is_over:
                return InstanceBusy(instance=error.instance, why=error.why, by=_in_words(operation))
    return error


def _in_words(operation: SqlOperation) -> str:
    """ "BACKUP_VOLUME of oncall@nhia.example, since 10:45:03 UTC"."""
    since = f", since {operation.began_at:%H:%M:%S} UTC" if operation.began_at else ""
    return f"{operation.kind} of {operation.user or 'someone'}{since}"
