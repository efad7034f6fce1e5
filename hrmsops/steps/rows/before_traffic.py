"""What a cutover does to rows behind the fence and before the recovered database takes traffic."""

from __future__ import annotations

from typing import Any

from hrmsops.engine.step import Step
from hrmsops.steps.rows.advance_sequences import AdvanceSequences
from hrmsops.steps.rows.capture import CaptureDifferences


def before_traffic(*, old: str, clone: str) -> tuple[Step[Any], ...]:
    """To be placed as the first that touches the clone's rows, right behind the proven fence.

    Both are names of instances; `old` is empty where the old database is gone.
    """
    return (CaptureDifferences(old=old, clone=clone), AdvanceSequences(old=old, clone=clone))
