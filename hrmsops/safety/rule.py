"""The shape of a rule: everything about it in one record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hrmsops.safety.report import Severity

if TYPE_CHECKING:
    from hrmsops.safety.effects import Effect
    from hrmsops.safety.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule says of one effect. `names` fill the rule's `instead`."""

    severity: Severity
    why: str
    lock: str = ""
    blocks: str = ""
    rewrites: bool = False
    breaks: tuple[str, ...] = ()
    instead: str = ""
    """Where another way out than the rule's own fits better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule. `bad` and `good` are bodies of a migration; both are run in the tests."""

    id: str
    when: str
    effect: str
    instead: str
    bad: str
    good: str
    looks_at: tuple[type[Effect], ...]
    check: Callable[[Event], Verdict | None]
    guide: str = ""
    """The row of the guide's table that it serves."""
