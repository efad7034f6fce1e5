"""What a check found: findings, what could not be read, and how much was looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["danger", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("danger", "warning", "info")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an operation does, and what to do instead. `rows` None: not known."""

    rule: str
    severity: Severity
    app: str
    migration: str
    operation: str
    path: str
    line: int
    model: str
    table: str
    rows: int | None
    lock: str
    blocks: str
    rewrites: bool
    breaks: tuple[str, ...]
    why: str
    instead: str
    evidence: str

    @property
    def fingerprint(self) -> str:
        """What stays the same when lines move."""
        return f"{self.rule} {self.app}.{self.migration} {self.operation}"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that could not be judged, with its place."""

    app: str
    migration: str
    path: str
    line: int
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that a comment or the baseline allows, and for what reason."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer of a check."""

    findings: tuple[Finding, ...]
    unknown: tuple[Unknown, ...]
    migrations: int
    operations: int
    suppressed: tuple[Suppressed, ...] = field(default=())

    def count(self, severity: Severity) -> int:
        return sum(1 for each in self.findings if each.severity == severity)

    def refuses(self, *, strict: bool) -> bool:
        """Whether the migrations should not run: a danger, or a warning where it is strict."""
        return bool(self.count("danger")) or (strict and bool(self.count("warning")))
