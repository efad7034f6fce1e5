"""What a comment or a baseline allows; each is on record with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from hrmsops.safety.operations import Allowance, Migration
from hrmsops.safety.report import Finding, Suppressed

LINES_BELOW = 1
"""A comment allows what begins on its own line or on the next."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Fingerprints of findings that were there when the check was introduced."""

    fingerprints: frozenset[str]

    def allows(self, finding: Finding) -> bool:
        return finding.fingerprint in self.fingerprints


def suppressed(
    findings: Iterable[Finding],
    migrations: Mapping[str, Migration],
    baseline: Baseline | None,
    *,
    today: date | None,
) -> tuple[list[Finding], tuple[Suppressed, ...]]:
    """The findings that stay, and those that are allowed."""
    kept: list[Finding] = []
    allowed: list[Suppressed] = []
    for finding in findings:
        reason = _reason(finding, migrations.get(finding.path), today or date.today())  # noqa: DTZ011
        if reason is None and baseline is not None and baseline.allows(finding):
            reason = "it is in the baseline"
        if reason is None:
            kept.append(finding)
        else:
            allowed.append(Suppressed(finding, reason))
    return kept, tuple(allowed)


def _reason(finding: Finding, migration: Migration | None, today: date) -> str | None:
    for each in migration.allowed if migration else ():
        is_meant = each.rule == finding.rule and _reaches(each, finding, migration)
        is_over = bool(each.until) and date.fromisoformat(each.until) < today
        if is_meant and each.reason and not is_over:
            return each.reason
    return None


def _reaches(allowance: Allowance, finding: Finding, migration: Migration | None) -> bool:
    """A comment above the class, or above or on the operation's first line."""
    if 0 <= finding.line - allowance.line <= LINES_BELOW:
        return True
    first = min((each.line for each in migration.operations), default=0) if migration else 0
    return allowance.line < first - LINES_BELOW
