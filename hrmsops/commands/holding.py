"""The hold that a recovery begins with, unless it is said and accepted that there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hrmsops.rollback.hold_first import HoldFirst
    from hrmsops.world import World

NoHold = Annotated[
    bool,
    typer.Option(
        "--no-hold",
        help="Let schedulers, queues and workers run on; needs --accept hold-skipped.",
    ),
]


def held_first(world: World, *, hold: bool, accepted: tuple[str, ...], cancel: bool) -> HoldFirst:
    """Look at what there is to hold, and plan it. Raises HoldSkipped."""
    from hrmsops.rollback.hold_first import hold_first
    from hrmsops.steps.hold.observing import observe_hold

    facts = observe_hold(world) if hold else None
    return hold_first(facts, environment=world.environment, accepted=accepted, cancel=cancel)
