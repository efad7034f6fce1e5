"""A hold is the first step of every recovery: what is wrong must not go on paying and mailing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.step import Step
from hrmsops.errors.hold import HoldSkipped
from hrmsops.steps.hold.facts import HoldFacts
from hrmsops.steps.hold.sequence import holding
from hrmsops.steps.hold.words import warnings_of


class HoldFirst(msgspec.Struct, frozen=True, kw_only=True):
    """What comes before everything else in a recovery's plan. Traffic is not moved by it.

    It stays on when the recovery is over: `hold off` ends it, once what left is acknowledged.
    """

    steps: tuple[Step[Any], ...] = ()
    warnings: tuple[str, ...] = ()


def hold_first(
    facts: HoldFacts | None,
    *,
    environment: Environment,
    accepted: Collection[str],
    cancel: bool,
) -> HoldFirst:
    """The hold of what is there; `facts` None is `--no-hold`. Raises HoldSkipped."""
    if facts is None:
        if HoldSkipped.code not in accepted:
            raise HoldSkipped(environment=environment.name)
        return HoldFirst(warnings=(f"{environment.name} is not held: work goes on (--no-hold)",))
    steps = holding(facts, cancel=cancel)
    end = ("What is held goes on with hrmsops hold off, not by itself",) if steps else ()
    return HoldFirst(steps=steps, warnings=(*warnings_of(facts, environment, cancel=cancel), *end))
