"""Ask for a change that may be asked for again, until the world shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hrmsops.engine.jitter import jitter
from hrmsops.engine.run import Run
from hrmsops.errors.cloud import CallNotAnswered, CallRefused, EtagStale
from hrmsops.world import World

ASK_AGAIN_FOR = timedelta(minutes=2)
PAUSE_MAX_SECONDS = 10.0


def ask_until(
    is_so: Callable[[], bool], ask: Callable[[], None], *, world: World, run: Run
) -> None:
    """Return once `is_so`; `ask` is called after each look that finds it is not.

    An answer that was lost and a change by someone else lead to another look. A refusal is one
    only where the world does not show what was asked for: ours may have come through before.
    """
    until = world.clock.now() + ASK_AGAIN_FOR
    pause = 0.2
    while not is_so():
        try:
            ask()
        except CallRefused:
            if not is_so():
                raise
        except (CallNotAnswered, EtagStale) as error:
            if world.clock.now() >= until:
                raise
            run.progress(f"{error.why}; looking again")
        else:
            if is_so():
                return
        world.clock.sleep(timedelta(seconds=pause * jitter(0.8, 1.2)))
        pause = min(pause * 2, PAUSE_MAX_SECONDS)
