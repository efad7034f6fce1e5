"""All checks at once: the package is walked, the looks go out side by side, each in its time."""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from typing import TYPE_CHECKING, Any

import msgspec

from hrmsops.doctor import checks as package
from hrmsops.doctor.check import Check, Finding, State, Topic, bad, unknown
from hrmsops.doctor.troubles import finding_of
from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.rollback.observing import aside

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of a check."""

    topic: Topic
    check: str
    finding: Finding


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """All findings, in the order in which they are shown."""

    examined: tuple[Examined, ...]
    seconds: float

    def count(self, state: State) -> int:
        return sum(each.finding.state == state for each in self.examined)

    @property
    def exit_code(self) -> ExitCode:
        """9 where something is not authorised, 2 where something else is to be mended.

        1 where that is nothing but a check that failed by a defect of its own.
        """
        red = [each.finding for each in self.examined if each.finding.state == "bad"]
        if any(each.is_unauthorised for each in red):
            return ExitCode.UNAUTHORISED
        if red and all(each.is_defect for each in red):
            return ExitCode.INTERNAL
        return ExitCode.USAGE if red else ExitCode.DONE


def checks() -> tuple[Check[Any], ...]:
    """Every check there is, by topic and place."""
    names = sorted(each.name for each in pkgutil.iter_modules(package.__path__))
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    found: list[Check[Any]] = [module.CHECK for module in modules]
    topics = list(Topic)
    return tuple(sorted(found, key=lambda each: (topics.index(each.topic), each.place)))


def examine(around: Around, known: Sequence[Check[Any]]) -> Examination:
    """Look at all of `known` that the commands need; ends in seconds, whatever hangs."""
    began = time.monotonic()
    asked = [
        (check, aside(_look(check, around))) for check in known if check.commands & around.commands
    ]
    told: dict[str, str] = {}
    examined = [
        Examined(topic=check.topic, check=check.title, finding=finding)
        for check, look in asked
        for finding in _findings(check, look, began, told, around)
    ]
    return Examination(examined=tuple(examined), seconds=round(time.monotonic() - began, 3))


def _look(check: Check[Any], around: Around) -> Any:
    return lambda: check.look(around)


def _findings(
    check: Check[Any], look: Future[Any], began: float, told: dict[str, str], around: Around
) -> Sequence[Finding]:
    left = max(began + check.seconds_max - time.monotonic(), 0.05)
    try:
        return check.findings(look.result(timeout=left))
    except TookTooLong:
        words = f"No answer within {check.seconds_max:g} s"
        return (bad(words, "Look at the network between here and there, then ask again."),)
    except HrmsopsError as error:
        # What several checks stumble over is one trouble: the first that did tells it.
        first = told.setdefault(f"{error.what} {error.why}", check.title)
        if first != check.title:
            return (unknown(f"Not looked at: see {first}."),)
        return (finding_of(error, is_named=around.commands <= check.commands),)
    except Exception as defect:
        # The other checks are worth more than this one's traceback.
        words = f"hrmsops met a defect of its own: {type(defect).__name__}: {defect}"
        return (Finding(state="bad", says=words, mend="Report it.", is_defect=True),)
