"""From an event to findings: every rule that looks at such an effect is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.operations import Migration
from hrmsops.safety.report import Finding, Unknown
from hrmsops.safety.rule import Rule, Verdict
from hrmsops.safety.rules import all_rules, rules_by_effect


def findings_of(event: Event) -> Iterator[Finding]:
    """What the rules say of one event."""
    for rule in rules_by_effect().get(type(event.effect), ()):
        verdict = rule.check(event)
        if verdict is not None:
            yield _finding(rule, verdict, event)


def _finding(rule: Rule, verdict: Verdict, event: Event) -> Finding:
    model = event.operation.model
    return Finding(
        rule=rule.id,
        severity=verdict.severity,
        app=event.migration.app,
        migration=event.migration.name,
        operation=event.operation.written or event.operation.kind,
        path=event.migration.path,
        line=event.line,
        model=model,
        table=event.table,
        rows=event.sizes.rows(event.table),
        lock=verdict.lock,
        blocks=verdict.blocks,
        rewrites=verdict.rewrites,
        breaks=verdict.breaks,
        why=verdict.why,
        instead=named(verdict.instead or rule.instead, event),
        evidence="sql" if event.operation.sql else "read",
    )


def named(text: str, event: Event) -> str:
    """The way out with the user's own names in it."""
    effect = event.effect
    column = getattr(effect, "column", "")
    if isinstance(column, e.Column):
        column = column.name
    columns = getattr(effect, "columns", ())
    names = {
        "table": event.table or "the table",
        "model": event.operation.model or event.table or "the model",
        "column": column or getattr(effect, "old", "") or ", ".join(columns) or "the column",
        "name": getattr(effect, "name", "") or "the constraint",
        "new": getattr(effect, "new", "") or "the new name",
    }
    return text.format_map(names) if "{" in text else text


def unknowns_of(migration: Migration, events: Iterable[Event]) -> Iterator[Unknown]:
    """The gaps of a migration, and what in it needs a trace."""
    seen: set[tuple[int, str]] = set()
    for gap in migration.gaps:
        seen.add((gap.line, gap.what))
        yield _unknown(migration, gap.line, gap.what, gap.why)
    for event in events:
        effect = event.effect
        if isinstance(effect, e.Opaque) and not _is_said(seen, event.line, effect.what):
            seen.add((event.line, effect.what))
            yield _unknown(migration, event.line, effect.what, effect.why)


def _is_said(seen: set[tuple[int, str]], line: int, what: str) -> bool:
    return any(at == line and what in said for at, said in seen)


def _unknown(migration: Migration, line: int, what: str, why: str) -> Unknown:
    return Unknown(migration.app, migration.name, migration.path, line, what, why)


def conflict(leaves: tuple[Migration, ...]) -> Finding:
    """Two last migrations of one app: `migrate` refuses to begin."""
    rule = all_rules()["leaves-conflict"]
    names = " and ".join(each.name for each in leaves)
    last = leaves[-1]
    return Finding(
        rule=rule.id,
        severity="warning",
        app=last.app,
        migration=last.name,
        operation="",
        path=last.path,
        line=1,
        model="",
        table="",
        rows=None,
        lock="",
        blocks="",
        rewrites=False,
        breaks=(),
        why=f"{last.app} ends in {names}, and migrate refuses to choose.",
        instead=rule.instead.replace("{app}", last.app),
        evidence="read",
    )
