"""`table partition --migration-out`: its place is looked at first; it is written with the run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.errors.partition import MigrationNotWritable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hrmsops.commands.applying import Manner
    from hrmsops.engine.plan import Plan
    from hrmsops.plans.partition_facts import TableFacts


@dataclass(frozen=True, kw_only=True)
class Companion:
    """The Django migration that goes with a cut, and the file that it is to be."""

    file: Path
    text: str

    def write(self) -> None:
        """Whole or not at all; raises MigrationNotWritable."""
        beside = self.file.with_name(f".{self.file.name}.new")
        try:
            beside.write_text(self.text, encoding="utf-8")
            beside.replace(self.file)
        except OSError as error:
            raise _unwritable(self.file, error) from error


def require_place(out: Path) -> None:
    """Raise MigrationNotWritable where `out` is no folder, and no file could be made of it."""
    try:
        is_folder = out.is_dir()
        has_folder = is_folder or (out.suffix == ".py" and out.parent.is_dir())
    except OSError as error:
        raise _unwritable(out, error) from error
    if not has_folder:
        missing = out.parent if out.suffix == ".py" else out
        raise MigrationNotWritable(path=str(out), why=f"There is no folder {missing}.")
    if not os.access(out if is_folder else out.parent, os.W_OK):
        raise MigrationNotWritable(path=str(out), why="You may not write there.")


def companion(plan: Plan, facts: TableFacts, out: Path) -> Companion:
    """What goes with the cut that is planned; raises MigrationNotWritable over another's file."""
    from hrmsops.partition.django_migration import file_name, is_ours, migration
    from hrmsops.steps.partition.cutting import CutStep

    cut = next(step.cut for step in plan.steps if isinstance(step, CutStep))
    leaf = facts.django_leaf
    file = out / file_name(cut, leaf=leaf) if out.is_dir() else out
    if file.exists() and not is_ours(_text(file), cut):
        raise MigrationNotWritable(path=str(file), why="It is there already, and not from here.")
    return Companion(file=file, text=migration(cut, app=facts.django_app, leaf=leaf))


def tell(beside: Sequence[Companion], manner: Manner) -> None:
    """Which file it is, before anybody consents."""
    from hrmsops.console import output

    for each in () if manner.json else beside:
        when = "would be" if manner.only_shows else "will be written as it begins:"
        output.say(f"The Django migration that goes with it {when} {each.file}.")


def write(beside: Sequence[Companion]) -> None:
    """With the run that was consented to; raises MigrationNotWritable."""
    for each in beside:
        each.write()


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(path: Path, error: OSError) -> MigrationNotWritable:
    return MigrationNotWritable(path=str(path), why=f"{error.strerror}.")
