"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

import msgspec

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around

T = TypeVar("T")

State = Literal["good", "warning", "bad", "unknown"]
SECONDS_MAX = 25.0
"""For one look, longer than a read is tried again: what has not answered by then is red."""


class Topic(StrEnum):
    """What a check is about, in the order in which they are shown."""

    ACCESS = "access"
    SERVICE = "service"
    DATABASE = "database"
    RECOVERY = "recovery"
    RECORD = "record"
    MACHINE = "this machine"
    ANSWERS = "answers of the APIs"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `mend` is a command or a sentence, "" where there is nothing to do.

    "unknown" is no verdict: `says` tells why it could not be looked at. `more` are places or names,
    a line each. `is_unauthorised`: the account may not, or nobody knows who asks. `is_defect`:
    the check itself failed.
    """

    state: State
    says: str
    mend: str = ""
    more: tuple[str, ...] = ()
    is_unauthorised: bool = False
    is_defect: bool = False


def good(says: str) -> Finding:
    return Finding(state="good", says=says)


def warning(says: str, mend: str) -> Finding:
    return Finding(state="warning", says=says, mend=mend)


def bad(says: str, mend: str) -> Finding:
    return Finding(state="bad", says=says, mend=mend)


def unknown(why: str, mend: str = "") -> Finding:
    return Finding(state="unknown", says=why, mend=mend)


@dataclass(frozen=True, kw_only=True)
class Check(Generic[T]):
    """One question: `look` asks the outside and changes nothing, `judge` is pure.

    `place` orders the checks of a topic. `commands` are those that need it (see
    `doctor.commands`); `asks` is its line in the reference.
    A look that raises an HrmsopsError is judged by that.
    """

    title: str
    topic: Topic
    place: int
    asks: str
    commands: frozenset[str]
    look: Callable[[Around], T]
    judge: Callable[[T], Finding | Iterable[Finding]]
    seconds_max: float = SECONDS_MAX

    def findings(self, seen: T) -> tuple[Finding, ...]:
        """What is to be said of what was seen."""
        said = self.judge(seen)
        return (said,) if isinstance(said, Finding) else tuple(said)
