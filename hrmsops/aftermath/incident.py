"""An incident as its record tells it: facts for a report, in whatever form that is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from hrmsops.aftermath.items import Finding
from hrmsops.engine import entries
from hrmsops.engine.run import Run

LOSS_WORDS = ("lost", "replayed", "conflict", "left", "resurrected", "reapplied", "acknowledged")
"""What a step's result is called where it tells of writes that did not come along, or did."""
PERSONAL_WORDS = ("resurrected", "reapply", "reapplied", "erasure", "erased", "revoked")
NOT_FIGURES = frozenset({"generation"})
"""Numbers that a step leaves for later steps and that tell a reader nothing."""
LISTED_MAX = 50


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A step in the picture of the timeline: when it ran, and how it ended."""

    number: int
    sentence: str
    began: datetime
    ended: datetime
    state: str
    """ "done", "failed", "reverted" or "unfinished"."""

    @property
    def seconds(self) -> float:
        return (self.ended - self.began).total_seconds()


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the timeline in words."""

    at: datetime
    by: str
    words: str


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A number and what it counts."""

    label: str
    value: str


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """Another run that goes on from this one, or that this one goes on from."""

    run: str
    command: str
    outcome: str


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """All that a report says; keys and counts only, never a personal value."""

    run: str
    environment: str
    command: str
    headline: str
    reason: str
    outcome: str
    by: str
    host: str
    began: datetime
    ended: datetime
    subject: tuple[tuple[str, str], ...]
    because: tuple[str, ...]
    warnings: tuple[str, ...]
    failure: str
    undo: str
    bars: tuple[Bar, ...]
    moments: tuple[Moment, ...]
    figures: tuple[Figure, ...]
    findings: tuple[tuple[str, tuple[str, ...]], ...]
    """What each look found: the step's sentence and its lines."""
    losses: tuple[Figure, ...]
    personal: tuple[Figure, ...]
    related: tuple[Related, ...]
    checklist: tuple[Finding, ...]

    @property
    def seconds(self) -> float:
        return (self.ended - self.began).total_seconds()

    @property
    def open_items(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.checklist if finding.state != "done")


def of_run(run: Run, *, others: Iterable[Run], checklist: Iterable[Finding]) -> Incident:
    """The incident that `run` answered; `others` are the runs on record beside it."""
    plan, failure = run.plan, run.failure
    return Incident(
        run=run.id,
        environment=plan.environment,
        command=plan.command,
        headline=plan.headline,
        reason=plan.reason,
        outcome=run.outcome,
        by=run.lines[0].by,
        host=run.lines[0].host,
        began=run.began_at,
        ended=run.lines[-1].at,
        subject=tuple(sorted(plan.subject.items())),
        because=plan.because,
        warnings=plan.warnings,
        failure=f"{failure.what} {failure.why}" if failure else "",
        undo=plan.undo or "",
        bars=tuple(_bars(run)),
        moments=tuple(_moments(run)),
        figures=tuple(_figures(run)),
        findings=tuple(_findings(run)),
        losses=tuple(_counted(run, LOSS_WORDS)),
        personal=tuple(_counted(run, PERSONAL_WORDS)),
        related=tuple(_related(run, others)),
        checklist=tuple(checklist),
    )


def _bars(run: Run) -> Iterator[Bar]:
    for number, step in enumerate(run.plan.steps, start=1):
        began = ended = None
        state = "unfinished"
        for line in run.lines:
            match line.entry:
                case entries.Started(step=at) if at == number:
                    began, ended, state = began or line.at, None, "unfinished"
                case entries.Finished(step=at) if at == number:
                    began, ended, state = began or line.at, line.at, "done"
                case entries.Failed(step=at) if at == number:
                    ended, state = line.at, "failed"
                case entries.Reverted(step=at) if at == number:
                    ended, state = line.at, "reverted"
        if began is not None:
            yield Bar(
                number=number,
                sentence=step.sentence(),
                began=began,
                ended=ended or run.lines[-1].at,
                state=state,
            )


def _moments(run: Run) -> Iterator[Moment]:
    """The record in words; what a step started and at once finished is one line."""
    steps = run.plan.steps
    for line in run.lines:
        match line.entry:
            case entries.Planned():
                words = f"{run.plan.command} was begun: {run.plan.headline}"
            case entries.Started() | entries.Noted():
                continue
            case entries.Finished(step=step):
                words = f"Done: {steps[step - 1].sentence()}"
            case entries.Failed(step=step, what=what):
                words = f"Failed: {steps[step - 1].sentence()}. {what}"
            case entries.Reverted(step=step):
                words = f"Taken back: {steps[step - 1].sentence()}"
            case other:
                words = other.sentence().capitalize()
        yield Moment(at=line.at, by=line.by, words=words)


def _figures(run: Run) -> Iterator[Figure]:
    yield Figure(label="From the plan to the last entry", value=_span(run))
    for number, step in enumerate(run.plan.steps, start=1):
        for name, value in (run.result(number) or {}).items():
            if type(value) in (int, float) and name not in NOT_FIGURES:
                yield Figure(label=f"{name.replace('_', ' ')} ({step.name})", value=f"{value:,}")


def _span(run: Run) -> str:
    span = run.lines[-1].at - run.began_at
    is_short = span < timedelta(minutes=1)
    return f"{span.total_seconds():.1f} s" if is_short else str(span).partition(".")[0]


def _findings(run: Run) -> Iterator[tuple[str, tuple[str, ...]]]:
    for number, step in enumerate(run.plan.steps, start=1):
        result = run.result(number) or {}
        lines = result.get("findings") or result.get("probes")
        if isinstance(lines, list):
            yield step.sentence(), tuple(str(line) for line in lines[:LISTED_MAX])


def _counted(run: Run, words: tuple[str, ...]) -> Iterator[Figure]:
    """Results whose name says that they count losses, by their number or their length."""
    for number, step in enumerate(run.plan.steps, start=1):
        for name, value in (run.result(number) or {}).items():
            if any(word in name for word in words):
                yield Figure(
                    label=f"{name.replace('_', ' ')} ({step.name})", value=_how_many(value)
                )


def _how_many(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_how_many(each)}" for name, each in value.items()) or "none"
    if isinstance(value, list):
        return str(len(value)) if value else "none"
    return str(value)


def _related(run: Run, others: Iterable[Run]) -> Iterator[Related]:
    for other in others:
        if other.id == run.id:
            continue
        named = {*other.plan.subject.values(), *_words(other.plan.reason)}
        back = {*run.plan.subject.values(), *_words(run.plan.reason)}
        if run.id in named or other.id in back:
            yield Related(run=other.id, command=other.plan.command, outcome=other.outcome)


def _words(text: str) -> set[str]:
    return {word.strip(".,;:()") for word in text.split()}
