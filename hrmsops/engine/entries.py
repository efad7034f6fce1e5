"""What a journal can say: one record an entry, in the order in which it came to be known."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

import msgspec

from hrmsops.errors.base import ExitCode, HrmsopsError


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="entry"):
    """One line of a run's record."""

    def sentence(self) -> str:
        """The entry in words, for `runs show`."""
        raise NotImplementedError(type(self).__name__)


class Planned(Entry, frozen=True, kw_only=True, tag="planned"):
    """The whole plan, before anything was done."""

    plan: dict[str, Any]

    def sentence(self) -> str:
        return f"planned as {self.plan.get('hash', '?')}"


class Resumed(Entry, frozen=True, kw_only=True, tag="resumed"):
    """Another process went on with the run."""

    def sentence(self) -> str:
        return "resumed"


class TookOver(Entry, frozen=True, kw_only=True, tag="took-over"):
    """The lease was taken from a holder that had gone silent."""

    holder: str

    def sentence(self) -> str:
        return f"took the lease over from {self.holder}"


class KeptAside(Entry, frozen=True, kw_only=True, tag="kept-aside"):
    """The shared record could not be used; it was accepted that this one is on one machine."""

    store: str

    def sentence(self) -> str:
        return f"kept aside: {self.store} could not be used"


class Started(Entry, frozen=True, kw_only=True, tag="started"):
    """The intent to apply step `step` (counted from 1), before its first call."""

    step: int

    def sentence(self) -> str:
        return f"started {self.step}"


class Noted(Entry, frozen=True, kw_only=True, tag="noted"):
    """What a step learned before it was over, such as an operation's name."""

    step: int
    facts: dict[str, Any]

    def sentence(self) -> str:
        return f"noted {self.step}: {_facts(self.facts)}"


class Finished(Entry, frozen=True, kw_only=True, tag="finished"):
    """Step `step` is done, and this is what it left for later ones."""

    step: int
    result: dict[str, Any]

    def sentence(self) -> str:
        return f"finished {self.step}: {_facts(self.result)}"


class Failed(Entry, frozen=True, kw_only=True, tag="failed"):
    """Step `step` did not come through; an error as it was shown."""

    step: int
    code: str
    what: str
    why: str
    fix: str
    exit_code: int

    @classmethod
    def of(cls, error: HrmsopsError, *, step: int) -> Self:
        return cls(
            step=step,
            code=error.code,
            what=error.what,
            why=error.why,
            fix=error.fix,
            exit_code=error.exit_code,
        )

    def sentence(self) -> str:
        word = "left" if self.exit_code == ExitCode.RUNNING else "failed"
        return f"{word} {self.step}: {self.what} {self.why}"


class Reverted(Entry, frozen=True, kw_only=True, tag="reverted"):
    """What step `step` had left in the world was taken away again."""

    step: int

    def sentence(self) -> str:
        return f"took back {self.step}"


class Interrupted(Entry, frozen=True, kw_only=True, tag="interrupted"):
    """A signal ended the process between or within steps; the run can be resumed."""

    signal: int
    step: int | None

    def sentence(self) -> str:
        return f"interrupted by signal {self.signal}"


class Closed(Entry, frozen=True, kw_only=True, tag="closed"):
    """The run is over: "done", "failed" (nothing remains changed) or "abandoned"."""

    outcome: str
    exit_code: int
    reason: str = ""

    def sentence(self) -> str:
        return f"closed: {self.outcome}{f', {self.reason}' if self.reason else ''}"


AnyEntry = (
    Planned
    | Resumed
    | TookOver
    | KeptAside
    | Started
    | Noted
    | Finished
    | Failed
    | Reverted
    | Interrupted
    | Closed
)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with when, by whom, where, and under which fencing number it was written."""

    number: int
    at: datetime
    by: str
    host: str
    fence: int
    entry: AnyEntry


def _facts(facts: dict[str, Any]) -> str:
    return (
        ", ".join(f"{name} {_value(value)}" for name, value in facts.items()) or "nothing to keep"
    )


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) or (isinstance(value, list) and any(map(_is_nested, value))):
        return f"({len(value)} of them, in --json)"
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def _is_nested(value: object) -> bool:
    return isinstance(value, dict | list)
