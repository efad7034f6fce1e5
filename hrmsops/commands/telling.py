"""Who is told of a run while it runs: the configured webhooks, without anybody waiting for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Thread

    from hrmsops.aftermath.notices import Notices
    from hrmsops.commands.applying import Manner
    from hrmsops.engine.run import Run
    from hrmsops.world import World

WAIT_SECONDS_MAX = 3.0
"""How long the end of a command waits for webhooks; what they did not take is sent later."""


@contextmanager
def told(run: Run, world: World, manner: Manner) -> Iterator[None]:
    """Tell that `run` begins, and at the end how it ended; a webhook's trouble never shows here."""
    from hrmsops import config
    from hrmsops.aftermath.notices import Notices, until_sent

    notices = Notices(world.store, config.load(manner.config).notify.webhooks)
    if not notices.webhooks:
        yield
        return
    sending = [_tell(notices, run, "began")]
    try:
        yield
    finally:
        sending.append(_tell(notices, run, "ended"))
        until_sent([each for each in sending if each], seconds_max=WAIT_SECONDS_MAX)


def _tell(notices: Notices, run: Run, event: str) -> Thread | None:
    from hrmsops.console.safe import hidden
    from hrmsops.errors.base import HrmsopsError

    try:
        # The number of entries tells a second attempt's news from the first one's.
        notices.keep(run.id, f"{len(run.lines):04}-{event}", hidden(_words(run, event)))
    except HrmsopsError:
        return None
    return notices.send_aside()


def _words(run: Run, event: str) -> str:
    plan = run.plan
    about = f"{plan.command} on {plan.environment} (run {run.id})"
    if event == "began":
        word = "resumed" if len(run.lines) > 1 else "begun"
        return f"{about} was {word} by {run.lines[-1].by}: {plan.headline}. Reason: {plan.reason}"
    if run.outcome == "done":
        return f"{about} is done: {plan.headline}."
    failure = run.failure
    what = f" {failure.what}" if failure else ""
    if run.outcome == "failed":
        return f"{about} failed, nothing remains changed.{what}"
    return f"{about} stopped before its end; hrmsops resume {run.id} goes on.{what}"
