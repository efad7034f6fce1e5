"""A world of files: small enough to see whole, real enough to survive a SIGKILL."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from hrmsops.engine.journal import Journal
from hrmsops.engine.lease import Lease
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.run import Operator, Run
from hrmsops.engine.step import Result, Step, StepCatalog
from hrmsops.engine.store import LocalStore
from hrmsops.errors.base import HrmsopsError

ONCALL = Operator(account="oncall@nhia.example", host="laptop-3")


class Refusal(HrmsopsError):
    """What a step of this world may answer."""

    code = "refusal"

    def __init__(self) -> None:
        super().__init__(what="It was refused.", why="It said so.", fix="Ask again.")


@dataclass
class Folder:
    """The world: a file is a fact, a line in `calls` is a call that was made."""

    path: Path
    refuses: set[str] = field(default_factory=set)

    def call(self, word: str) -> None:
        with (self.path / "calls").open("a") as file:
            file.write(word + "\n")
        if word in self.refuses:
            raise Refusal

    @property
    def calls(self) -> list[str]:
        file = self.path / "calls"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def facts(self) -> set[str]:
        return {file.name for file in self.path.iterdir()} - {"calls"}


class Put(Step[Folder], frozen=True, kw_only=True):
    """Make a file."""

    name: ClassVar[str] = "put"
    file: str

    def sentence(self) -> str:
        return f"Put {self.file}"

    def find(self, world: Folder, run: Run) -> Result | None:
        return {"file": self.file} if self.file in world.facts else None

    def apply(self, world: Folder, run: Run) -> Result:
        world.call(f"put {self.file}")
        (world.path / self.file).touch()
        return {}

    def revert(self, world: Folder, run: Run) -> bool:
        world.call(f"unput {self.file}")
        (world.path / self.file).unlink(missing_ok=True)
        return True


class Scaffold(Put, frozen=True, kw_only=True):
    """Make a file that serves nobody."""

    name: ClassVar[str] = "scaffold"
    is_scaffold: ClassVar[bool] = True


class Pretend(Step[Folder], frozen=True, kw_only=True):
    """Say that it was done, and do nothing."""

    name: ClassVar[str] = "pretend"

    def sentence(self) -> str:
        return "Pretend"

    def apply(self, world: Folder, run: Run) -> Result:
        return {}


class Look(Step[Folder], frozen=True, kw_only=True):
    """Look, and change nothing."""

    name: ClassVar[str] = "look"
    changes: ClassVar[bool] = False

    def sentence(self) -> str:
        return "Look"

    def apply(self, world: Folder, run: Run) -> Result:
        world.call("look")
        return {"seen": sorted(world.facts)}


CATALOG = StepCatalog([Put, Scaffold, Pretend, Look])


@dataclass
class HandClock:
    """A clock that moves when it is told to, or when somebody sleeps on it."""

    moment: datetime = datetime(2026, 11, 23, 10, 45, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, duration: timedelta) -> None:
        self.moment += duration


def plan_of(*steps: Step[Folder], reason: str = "Error spike", run: str = "") -> Plan:
    now = datetime(2026, 11, 23, 10, 45, 12, tzinfo=UTC)
    return Plan(
        run=run or new_run_id(now),
        made_at=now,
        command="rollback app",
        environment="production",
        reason=reason,
        headline="Files are put",
        subject={"service": "hrms"},
        because=(),
        warnings=(),
        undo=None,
        steps=steps,
    )


def journal_in(folder: Path, clock: HandClock | None = None) -> Journal:
    return Journal(LocalStore(folder / "records"), CATALOG, clock or HandClock(), ONCALL)


def lease_in(folder: Path, *, clock: HandClock | None = None, operator: Operator = ONCALL) -> Lease:
    return Lease(LocalStore(folder / "records"), clock or HandClock(), operator, scope="production")
