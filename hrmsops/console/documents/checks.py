"""Checks of migrations as JSON, and what is rewritten of them."""

from __future__ import annotations

from typing import TypedDict

from hrmsops.safety.report import Finding, Unknown


class Checked(TypedDict):
    """How much was looked at."""

    migrations: int
    operations: int


class CheckDocument(TypedDict):
    """What migrations do that is not safe; a baseline is such a document."""

    findings: list[Finding]
    unknown: list[Unknown]
    checked: Checked


class Rewritten(TypedDict):
    """A file with its difference."""

    path: str
    diff: str
    """As `git diff` has it."""


class Fixed(TypedDict):
    """A finding that the rewrite mends."""

    rule: str
    app: str
    migration: str
    line: int


class LeftToYou(Fixed):
    """A finding that only a person can mend."""

    why: str
    instead: str


class FixDocument(TypedDict):
    """The safe forms of migrations."""

    written: bool
    """False under --dry-run."""
    files: list[Rewritten]
    fixed: list[Fixed]
    left: list[LeftToYou]


class ErrorFacts(TypedDict):
    """What happened, why, and what mends it."""

    code: str
    """See `hrmsops explain CODE`."""
    what: str
    why: str
    fix: str
    """A command, or a sentence."""
    exit_code: int


class ErrorDocument(TypedDict):
    """Instead of a command's own document, where it ended before it had one."""

    error: ErrorFacts
