"""One execution of a plan, as its journal tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from hrmsops.engine import entries, signals
from hrmsops.engine.entries import AnyEntry, Line
from hrmsops.engine.plan import Plan
from hrmsops.engine.step import Result


@dataclass(frozen=True)
class Operator:
    """Who types, and where."""

    account: str
    host: str


class Writer(Protocol):
    """Where a run's entries go."""

    def write(self, number: int, entry: AnyEntry) -> Iterator[Line]:
        """Put `entry` under `number`, or the next; each line once it is on record.

        An entry that got no answer may have arrived: it comes first, to the letter as it was.
        """
        ...


@dataclass
class Run:
    """What has been recorded so far, and the only way to record more.

    Listeners get each line after it is stored, and each progress sentence, which is not stored.
    """

    plan: Plan
    lines: list[Line]
    writer: Writer
    on_line: list[Callable[[Line], None]] = field(default_factory=list)
    on_progress: list[Callable[[str], None]] = field(default_factory=list)
    at_step: int = 0
    """The number of the step that is being applied or taken back, for what it notes."""

    @property
    def id(self) -> str:
        return self.plan.run

    def record(self, entry: AnyEntry) -> None:
        """Store `entry`, then tell the listeners; a signal waits until both are done.

        A signal that arrives while the run's end is recorded finds nothing left to interrupt.
        """
        is_end = isinstance(entry, entries.Closed | entries.Interrupted)
        with signals.deferred(too_late=is_end):
            for line in self.writer.write(len(self.lines), entry):
                self.lines.append(line)
                for listener in self.on_line:
                    listener(line)

    def progress(self, sentence: str) -> None:
        """Say what is being waited for; shown, not stored."""
        for listener in self.on_progress:
            listener(sentence)

    def note(self, **facts: Any) -> None:
        """Keep what must not be forgotten before the step is over, as an operation's name."""
        self.record(entries.Noted(step=self.at_step, facts=facts))

    def has_started(self, step: int) -> bool:
        """Whether an attempt at step number `step` began that was not taken back since."""
        return isinstance(self._last_of(step), entries.Started | entries.Finished)

    def has_finished(self, step: int) -> bool:
        return isinstance(self._last_of(step), entries.Finished)

    def result(self, step: int) -> Result | None:
        """What step number `step` left, None while it is not finished."""
        last = self._last_of(step)
        return last.result if isinstance(last, entries.Finished) else None

    def noted(self, step: int) -> Result:
        """All that step number `step` noted so far."""
        facts: Result = {}
        for line in self.lines:
            if isinstance(line.entry, entries.Noted) and line.entry.step == step:
                facts |= line.entry.facts
        return facts

    @property
    def has_changed(self) -> bool:
        """A change stands that no failure takes back: what fails now leaves the run open."""
        steps = enumerate(self.plan.steps, start=1)
        lasting = {n for n, step in steps if step.changes and not step.is_scaffold}
        return any(map(self.has_finished, lasting))

    @property
    def current_step(self) -> int | None:
        """The number of the step that was started and not finished, None between steps."""
        open_steps = [n for n in self._numbers if isinstance(self._last_of(n), entries.Started)]
        return open_steps[-1] if open_steps else None

    @property
    def failure(self) -> entries.Failed | None:
        """The last failure, None where none failed or somebody went on since."""
        for line in reversed(self.lines):
            if isinstance(line.entry, entries.Failed):
                return line.entry
            if isinstance(line.entry, entries.Resumed):
                return None
        return None

    @property
    def closed(self) -> entries.Closed | None:
        last = self.lines[-1].entry if self.lines else None
        return last if isinstance(last, entries.Closed) else None

    @property
    def outcome(self) -> str:
        """ "done", "failed" or "abandoned" for a closed run, else "unfinished"."""
        return self.closed.outcome if self.closed else "unfinished"

    @property
    def began_at(self) -> datetime:
        return self.lines[0].at

    @property
    def ended_at(self) -> datetime | None:
        return self.lines[-1].at if self.closed else None

    @property
    def _numbers(self) -> range:
        return range(1, len(self.plan.steps) + 1)

    def _last_of(self, step: int) -> entries.Started | entries.Finished | entries.Reverted | None:
        for line in reversed(self.lines):
            match line.entry:
                case entries.Started() | entries.Finished() | entries.Reverted() as entry:
                    if entry.step == step:
                        return entry
        return None
