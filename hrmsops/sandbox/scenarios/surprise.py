"""One of the four incidents, and nobody says which: nothing but its damage gives it away."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from hrmsops.sandbox.scenarios.bad_migration import BadMigration
from hrmsops.sandbox.scenarios.bad_release import BadRelease
from hrmsops.sandbox.scenarios.drill import Drill, Listener
from hrmsops.sandbox.scenarios.lost_data import LostData
from hrmsops.sandbox.scenarios.total_failure import TotalFailure

NEXT_RELEASE = "2024.3"
"""What whichever bad release is called where its own name would tell all."""
OPEN = ("deployed", "traffic", "held", "shifted", "let-go", "verified")
"""What everybody may see; of the rest they see that it happened, at most."""


def incidents() -> tuple[type[Drill], ...]:
    """One for each leaf of the guide's decision tree, in its order."""
    return (BadRelease, BadMigration, LostData, TotalFailure)


def incident(number: int | None) -> type[Drill]:
    """The one of that number, from 1 on; without one, by chance."""
    return secrets.choice(incidents()) if number is None else incidents()[number - 1]


def called(drill: type[Drill]) -> dict[str, str]:
    """What its releases are called: all the same."""
    return dict.fromkeys(drill.releases, NEXT_RELEASE)


class Veil:
    """Lets through to a listener what gives nothing away."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def event(self, name: str, sentence: str, *, is_origin: bool) -> None:
        """Say of the damage only that there is some."""
        if is_origin:
            self._listener.event("broken", "something is wrong with production", is_origin=True)
        elif name in OPEN:
            self._listener.event(name, sentence, is_origin=False)

    def watch(self, sentence: Callable[[], str]) -> None:
        """How many requests fail is for everybody to see."""
        self._listener.watch(sentence)
