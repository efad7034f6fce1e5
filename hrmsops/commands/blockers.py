"""What to do about a session that holds up a migration: asked where somebody sits at a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.django.blockers import Blocker
    from hrmsops.world import World

PATIENCE_SECONDS = 3.0
"""A blocker that was met no longer ago is likely to go by itself."""
LEFT_ALONE_SECONDS = 30.0
WAIT, CANCEL, END = "wait", "cancel", "end"


class Asker:
    """Asks about each blocker once it has lasted, and again after a while."""

    def __init__(self, world: World, instance: str) -> None:
        self._world, self._instance = world, instance
        self._met: dict[str, float] = {}
        self._left_alone: dict[str, float] = {}

    def __call__(self, blockers: Sequence[Blocker]) -> None:
        from hrmsops.console import prompts

        now = time.monotonic()
        for each in blockers:
            met = self._met.setdefault(each.name, now)
            is_left = now < self._left_alone.get(each.name, 0.0)
            if now - met >= PATIENCE_SECONDS and not is_left and prompts.somebody_answers():
                self._ask(each)
                self._left_alone[each.name] = time.monotonic() + LEFT_ALONE_SECONDS

    def _ask(self, blocker: Blocker) -> None:
        from hrmsops.console import prompts
        from hrmsops.errors.usage import Declined

        choices = [(WAIT, "Go on waiting")]
        if not blocker.is_idle:
            choices.append((CANCEL, "Cancel its statement (pg_cancel_backend)"))
        choices.append((END, "End the session; its transaction is rolled back"))
        question = f"It is held up by {blocker.sentence()}"
        try:
            wanted = prompts.pick(question, choices, flag="--yes", default=WAIT)
        except Declined:
            return
        if wanted != WAIT and self._is_sure(blocker, wanted):
            self._act(blocker, wanted)

    def _is_sure(self, blocker: Blocker, wanted: str) -> bool:
        from hrmsops.console import prompts

        verb = "Cancel the statement of" if wanted == CANCEL else "End"
        return prompts.ask_yes(f"{verb} {blocker.name}?", flag="--yes")

    def _act(self, blocker: Blocker, wanted: str) -> None:
        """As the login itself: the owner of the tables may not signal others."""
        from dataclasses import replace

        from hrmsops.console import output
        from hrmsops.errors.base import HrmsopsError
        from hrmsops.postgres.blocking import cancel, end

        target = self._world.target(
            self._world.cloud_sql.instance(self._instance), application_name="hrmsops blockers"
        )
        act = cancel if wanted == CANCEL else end
        try:
            done = act(replace(target, owner_role=""), blocker.pid)
        except HrmsopsError as error:
            output.say(f"{error.what} {error.why}", style="warning")
        else:
            output.say(f"{blocker.name}: {'done' if done else 'it was gone already'}.")
