"""A report of what was read, corrected by what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from itertools import groupby

from hrmsops.safety.event import Sizes
from hrmsops.safety.operations import Key, Migration
from hrmsops.safety.report import SEVERITIES, Finding, Report, Unknown
from hrmsops.safety.rules import all_rules
from hrmsops.safety.trace.facts import (
    ANSWERS,
    Fact,
    bare,
    blocked,
    fact_of_code,
    fact_of_failure,
    facts_of,
    with_broken,
)
from hrmsops.safety.trace.places import Place, place_of
from hrmsops.safety.trace.seen import Operation, Seen

BY_LOCK = ANSWERS["table-rewritten"] | ANSWERS["index-blocks-writes"]
MANY = 4
SCANS = frozenset({"constraint-scans-table", "not-null-scans-table"})


def merged(
    report: Report,
    traced: Iterable[Seen],
    migrations: Mapping[Key, Migration],
    *,
    sizes: Sizes,
    unmade: Mapping[str, str],
    asked: Set[Key],
) -> Report:
    """The report with each traced operation as it was measured.

    `unmade`: tables that got no rows, so that nothing is proved of them. `asked`: what should have
    been traced; what was not is told. What was allowed before
    must be asked for again: findings are not the same ones.
    """
    findings, unknown = list(report.findings), list(report.unknown)
    traced = list(traced)
    for seen in traced:
        migration = migrations.get(seen.key)
        if migration is None:
            continue
        one = _Merging(seen, migration, sizes, unmade)
        findings = one.findings(findings)
        unknown = [*one.unknown(unknown)]
    unknown += _left_out(asked - {each.key for each in traced}, traced, migrations)
    return replace(report, findings=tuple(findings), unknown=tuple(unknown))


def _left_out(
    keys: Set[Key], traced: list[Seen], migrations: Mapping[Key, Migration]
) -> Iterator[Unknown]:
    """Migrations that were not run: what stands on one that fails, or none of the project's."""
    failed = [each.key for each in traced if each.ended]
    if failed and keys:
        names = [".".join(each) for each in sorted(keys)]
        said = ", ".join(names[:MANY]) + (f" and {len(names) - MANY} more" * (len(names) > MANY))
        first = next((each for each in failed if each in migrations), min(keys))
        who = "it" if first == failed[0] else ".".join(failed[0])
        yield _at(migrations[first], f"{who} fails, so these were not run: {said}")
        return
    for key in sorted(keys):
        yield _at(migrations[key], "the project does not apply it")


def _at(migration: Migration, why: str) -> Unknown:
    first = place_of(migration, None).first
    return Unknown(*migration.key, migration.path, first, "the trace", why)


class _Merging:
    """One migration: what was read of it, and what was seen."""

    def __init__(
        self, seen: Seen, migration: Migration, sizes: Sizes, unmade: Mapping[str, str]
    ) -> None:
        self._seen, self._migration, self._sizes, self._unmade = seen, migration, sizes, unmade
        self._places = {
            each.path: place_of(migration, each.path, each.kind) for each in seen.operations
        }

    def findings(self, read: list[Finding]) -> list[Finding]:
        """Findings of other migrations stay as they are."""
        own = [each for each in read if self._is_own(each)]
        others = [each for each in read if not self._is_own(each)]
        facts = [*self._facts()]
        if self._seen.ended:
            return [*others, *own, *(self._made(fact, place) for fact, place in facts)]
        kept = [each for each in (self._tested(each, facts) for each in own) if each is not None]
        added: list[Finding] = []
        for fact, place in facts:
            if not any(_is_answered(each, fact, place) for each in own):
                added.append(self._made(fact, place))
        return [*others, *kept, *_once(added), *self._harmless(facts)]

    def unknown(self, read: list[Unknown]) -> Iterator[Unknown]:
        """What was not known is, where it was run; what the scratch server lacks is not."""
        for each in read:
            is_own = (each.app, each.migration) == self._seen.key
            if not is_own or self._seen.ended:
                yield each
        if self._seen.ended and self._seen.failures[0].is_of_the_trace:
            failure = self._seen.failures[0]
            yield self._unknown(failure.path, "the trace", failure.said)
        for operation in self._seen.operations:
            for table in operation.locks:
                if table in self._unmade:
                    why = f"no rows could be made for it: {self._unmade[table]}"
                    yield self._unknown(operation.path, table, why)

    def _unknown(self, path: tuple[int, ...] | None, what: str, why: str) -> Unknown:
        at = place_of(self._migration, path)
        return Unknown(*self._seen.key, self._migration.path, at.first, what, why)

    def _is_own(self, finding: Finding) -> bool:
        return (finding.app, finding.migration) == self._seen.key

    def _facts(self) -> Iterator[tuple[Fact, Place]]:
        real = sorted(
            (each for each in self._seen.broken if each.is_real),
            key=lambda each: (each.who, each.model),
        )
        groups = [tuple(group) for _, group in groupby(real, lambda each: (each.who, each.model))]
        for operation in self._seen.operations:
            for fact in facts_of(operation, self._seen, self._sizes):
                yield with_broken(fact, groups), self._places[operation.path]
        failures = self._seen.failures
        if failures and not failures[0].is_of_the_trace:
            fact = fact_of_failure(failures, ended=self._seen.ended)
            yield fact, place_of(self._migration, failures[0].path)
        for broken in groups:
            yield fact_of_code(broken), self._place_of_table(broken[0].table, broken[0].model)

    def _place_of_table(self, table: str, model: str) -> Place:
        """The last operation that changed the table, else that names the model."""
        found = None
        for operation in self._seen.operations:
            place = self._places[operation.path]
            names = {each.table for each in operation.changes} | {*operation.locks}
            is_named = place.model.lower() == model.rpartition(".")[2].lower()
            if bare(table) in map(bare, names) or (is_named and found is None):
                found = place
        return found or place_of(self._migration, None)

    def _tested(self, finding: Finding, facts: list[tuple[Fact, Place]]) -> Finding | None:
        """A finding of the reader as the trace leaves it; None where it was a question."""
        ran = [each for each in self._seen.operations if self._places[each.path].has(finding.line)]
        if finding.rule == "needs-a-trace" and ran:
            return None
        for fact, place in facts:
            if _is_answered(finding, fact, place):
                return _proved(finding, fact)
        if ran and (why := self._disproof(finding, ran)):
            return replace(
                finding, severity="info", why=f"Measured: {why}", breaks=(), rewrites=False,
                lock=_lock(ran, finding.table), evidence="trace",
            )  # fmt: skip
        return finding

    def _disproof(self, finding: Finding, ran: list[Operation]) -> str:
        """Why the finding does not hold; empty where nothing was seen that says so."""
        if finding.severity == "info" or finding.table in map(bare, self._unmade):
            return ""
        if finding.rule in BY_LOCK | SCANS and not any(each.statements for each in ran):
            return "it sends no SQL."
        if finding.rule in ANSWERS["table-rewritten"]:
            return f"{finding.table} is not rewritten."
        if finding.rule in ANSWERS["index-blocks-writes"]:
            return "no index is built while writers wait."
        if finding.rule == "column-without-value" and not self._seen.failures:
            return "it passes on a table with rows."
        who = {"old-code-cannot-insert": "old", "new-code-does-not-fit": "new"}.get(finding.rule)
        verbs = ("INSERT",) if who == "old" else ("INSERT", "SELECT", "UPDATE")
        works = {(w, bare(table), verb) for w, table, verb in self._seen.works}
        if who and all((who, finding.table, verb) in works for verb in verbs):
            return f"{' and '.join(verbs)} of the {who} code work on {finding.table}."
        return ""

    def _harmless(self, facts: list[tuple[Fact, Place]]) -> Iterator[Finding]:
        """What was measured of the operations that did nothing worse."""
        for operation in self._seen.operations:
            place = self._places[operation.path]
            if any(at == place for _, at in facts):
                continue
            locks = [(table, lock) for table, lock in operation.locks.items() if lock]
            said = " and ".join(f"{lock} on {table}" for table, lock in locks)
            why = f"{said} for {operation.seconds * 1000:.0f} ms; nothing was rewritten or lost"
            if not operation.statements:
                why = "it sends no SQL"
            elif not locks:
                why = "it locks no table that was there"
            table, lock = locks[0] if locks else ("", "")
            yield self._made(Fact("traced", "info", table, f"{why}.", lock=lock), place)

    def _made(self, fact: Fact, place: Place) -> Finding:
        rule = all_rules()[fact.rule]
        names = {
            "table": bare(fact.table) or "the table",
            "model": place.model or bare(fact.table) or "the model",
            "column": fact.name or "the column",
            "name": fact.name or "the constraint",
            "new": fact.name or "the new name",
        }
        return Finding(
            rule=fact.rule,
            severity=fact.severity,
            app=self._seen.app,
            migration=self._seen.name,
            operation=place.called,
            path=self._migration.path,
            line=place.first,
            model=place.model,
            table=bare(fact.table),
            rows=self._sizes.rows(bare(fact.table)),
            lock=fact.lock,
            blocks=blocked(fact.lock),
            rewrites=fact.rewrites,
            breaks=fact.breaks,
            why=f"Measured: {_continued(fact.why)}",
            instead=rule.instead.format_map(names) if "{" in rule.instead else rule.instead,
            evidence="trace",
        )


def _continued(sentence: str) -> str:
    """As it goes on after a colon; SQL and names keep their letters."""
    is_word = sentence.startswith(("The ", "It "))
    return sentence[0].lower() + sentence[1:] if is_word else sentence


def _is_answered(finding: Finding, fact: Fact, place: Place) -> bool:
    is_same_table = not (finding.table and fact.table) or finding.table == bare(fact.table)
    breaks_both = bool(finding.breaks and fact.breaks) and fact.rule.endswith(("insert", "object"))
    is_same_rule = finding.rule in fact.answers or breaks_both
    return is_same_table and is_same_rule and place.has(finding.line)


def _proved(finding: Finding, fact: Fact) -> Finding:
    """As it was read, with what was measured; the worse of the two."""
    return replace(
        finding,
        severity=min(finding.severity, fact.severity, key=SEVERITIES.index),
        lock=fact.lock or finding.lock,
        rewrites=fact.rewrites or finding.rewrites,
        breaks=fact.breaks or finding.breaks,
        why=f"{finding.why} Measured: {fact.why}",
        evidence="trace",
    )


def _lock(ran: list[Operation], table: str) -> str:
    for operation in ran:
        for name, lock in operation.locks.items():
            if bare(name) == table:
                return lock
    return ""


def _once(findings: list[Finding]) -> Iterator[Finding]:
    """One finding for each rule, place and table: several indexes of a table are one wait."""
    seen: set[tuple[str, int, str]] = set()
    for each in sorted(findings, key=lambda each: SEVERITIES.index(each.severity)):
        key = (each.rule, each.line, each.table)
        if key not in seen:
            seen.add(key)
            yield each
