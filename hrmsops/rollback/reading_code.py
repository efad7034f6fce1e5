"""Reading the project's migrations, for what the database alone cannot tell."""

from __future__ import annotations

from pathlib import Path

from hrmsops.config import Config
from hrmsops.rollback.code_facts import CodeFacts
from hrmsops.safety.analyzer import analyze
from hrmsops.safety.operations import Migration
from hrmsops.safety.reversal import Reversal, reversal_of


def code_root(config: Config) -> Path | None:
    """The folder of the project, None where none is configured or it is not there."""
    if config.django is None:
        return None
    root = config.folder / config.django.root
    return root if root.is_dir() else None


def read_code(config: Config, migrations: tuple[str, ...]) -> CodeFacts | None:
    """What the code says of `migrations` (`app.name`), deployed together; None: no code is at hand.

    Nothing of the project is imported.
    """
    root = code_root(config)
    if root is None:
        return None
    wanted, reversals = frozenset(migrations), {}

    def is_wanted(migration: Migration) -> bool:
        name = f"{migration.app}.{migration.name}"
        if name in wanted:
            reversals[name] = reversal_of(migration)
        return name in wanted

    report = analyze(
        root,
        expected_rows=config.safety.expected_rows,
        large_table_rows=config.safety.large_table_rows,
        pending=is_wanted,
    )
    breaks: dict[str, tuple[str, ...]] = {}
    # What a comment allows for a deploy still breaks the code that was deployed before.
    for finding in (*report.findings, *(each.finding for each in report.suppressed)):
        if any(each.startswith("old") for each in finding.breaks):
            name = f"{finding.app}.{finding.migration}"
            breaks[name] = (*breaks.get(name, ()), finding.why)
    return CodeFacts(reversals=_sorted(reversals), breaks_old=breaks)


def _sorted(reversals: dict[str, Reversal]) -> dict[str, Reversal]:
    return dict(sorted(reversals.items()))
