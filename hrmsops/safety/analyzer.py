"""`analyze`: a path in, a report out. Reads files, and asks nobody else."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from hrmsops.safety import reader
from hrmsops.safety.event import Event, Sizes
from hrmsops.safety.graph import Graph, graph_of
from hrmsops.safety.judging_events import findings_of, unknowns_of
from hrmsops.safety.operations import Migration, Operation
from hrmsops.safety.replaying import Walk
from hrmsops.safety.report import Finding, Report, Suppressed, Unknown
from hrmsops.safety.suppression import Baseline, suppressed
from hrmsops.safety.windows import all_together, each_in_turn

SEVERITY_ORDER = {"danger": 0, "warning": 1, "info": 2}


@contextmanager
def without_collection() -> Iterator[None]:
    """Syntax trees are many objects and few circles: looking for those costs a third of it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@without_collection()
def analyze(
    path: Path,
    *,
    expected_rows: Mapping[str, int],
    large_table_rows: int,
    target_pg: int = 15,
    app: str | None = None,
    pending: Callable[[Migration], bool] | None = None,
    baseline: Baseline | None = None,
    today: date | None = None,
) -> Report:
    """What the migrations at or below `path` would do.

    `pending` says which of them a deploy brings, all at once; None judges every migration as if it
    were deployed by itself. `app` leaves the others out of the report, not out of the replay.
    """
    graph = graph_of(reader.read(path))
    sizes = Sizes(expected_rows, large_table_rows)

    def is_chosen(migration: Migration) -> bool:
        of_app = app is None or migration.app == app
        return of_app and (pending is None or pending(migration))

    ordered = graph.ordered
    if pending is not None:
        ordered = tuple(sorted(ordered, key=is_chosen))
    windows = (each_in_turn if pending is None else all_together)(ordered, is_chosen)
    walk = Walk(windows, sizes, target_pg)
    findings: list[Finding] = []
    unknown: list[Unknown] = []
    for migration in ordered:
        events = list(_with_findings(walk, migration, findings))
        if windows.judged(migration):
            unknown.extend(unknowns_of(migration, events))
    findings.extend(_of_graph(graph, is_chosen))
    kept, allowed = suppressed(
        findings, {each.path: each for each in ordered}, baseline, today=today
    )
    return Report(
        findings=tuple(in_order(kept)),
        unknown=tuple(unknown),
        migrations=len(windows.of),
        operations=sum(_count(each.operations) for each in ordered if windows.judged(each)),
        suppressed=allowed,
    )


def _with_findings(walk: Walk, migration: Migration, into: list[Finding]) -> Iterable[Event]:
    """Each event is judged at once, since the picture of the database goes on changing."""
    for event in walk.events(migration):
        into.extend(findings_of(event))
        yield event


def _of_graph(graph: Graph, is_chosen: Callable[[Migration], bool]) -> Iterable[Finding]:
    from hrmsops.safety.judging_events import conflict

    for leaves in graph.conflicts:
        if any(is_chosen(each) for each in leaves):
            yield conflict(leaves)


def _count(operations: tuple[Operation, ...]) -> int:
    return sum(1 + _count(each.state) + _count(each.database) for each in operations)


def in_order(findings: list[Finding]) -> list[Finding]:
    """By migration and line, the worst of a line first."""
    return sorted(
        findings,
        key=lambda each: (
            each.app,
            each.migration,
            each.line,
            SEVERITY_ORDER[each.severity],
            each.rule,
        ),
    )


__all__ = ["Suppressed", "analyze"]
