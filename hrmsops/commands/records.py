"""Where runs are looked for: the record of this machine, and each bucket of the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.run import Run
    from hrmsops.errors import HrmsopsError
    from hrmsops.world import World


@dataclass(frozen=True, kw_only=True)
class Found:
    """The runs of every record, oldest first; `silent` says why a record could not be read."""

    runs: tuple[Run, ...]
    silent: tuple[HrmsopsError, ...]


def here() -> Journal:
    """This machine's record alone; nothing is asked of a cloud."""
    import socket

    from hrmsops import steps
    from hrmsops.engine.clock import SystemClock
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.local import local_store
    from hrmsops.engine.run import Operator

    operator = Operator(account="", host=socket.gethostname())
    return Journal(local_store(), steps.catalog(), SystemClock(), operator)


def shared(config_path: Path | None, *, json: bool, is_hurried: bool = False) -> Iterator[Journal]:
    """The record of each bucket that the configuration names."""
    from hrmsops.commands.applying import journal_of

    return map(journal_of, worlds(config_path, json=json, is_hurried=is_hurried))


def worlds(config_path: Path | None, *, json: bool, is_hurried: bool = False) -> Iterator[World]:
    """An environment of each bucket that the configuration names.

    One that gives no answer is told of, but for `json`; what is hurried does without it.
    """
    from hrmsops import config
    from hrmsops.console import output
    from hrmsops.world import World

    loaded = config.load(config_path)
    buckets = {
        (each.endpoint, each.store): each
        for each in loaded.environments.values()
        if each.store != "local"
    }
    for environment in buckets.values():
        say = None if json else output.say
        yield World(environment, config=loaded, on_silent=say, is_hurried=is_hurried)


def journal_with(run: str, config_path: Path | None, *, json: bool) -> Journal:
    """The record that has the run, this machine's asked first.

    Raises RunNotFound, or why a record that may have it could not be read.
    """
    from hrmsops.engine.aside import has_followed
    from hrmsops.errors.record import RecordUnusable
    from hrmsops.errors.run import RunNotFound

    mine = here()
    if mine.has(run) and not has_followed(mine.store, run):
        return mine
    silent, known = [], set(mine.run_ids())
    for journal in shared(config_path, json=json):
        try:
            if journal.has(run):
                return journal
            known |= set(journal.run_ids())
        except RecordUnusable as error:
            silent.append(error)
    if silent:
        raise silent[0]
    raise RunNotFound(run=run, known=tuple(sorted(known)[-5:]))


def run_ids(config_path: Path | None) -> set[str]:
    """The names alone, of what answers at once."""
    from contextlib import suppress

    from hrmsops.errors.record import RecordUnusable

    found = set(here().run_ids())
    for journal in shared(config_path, json=True, is_hurried=True):
        with suppress(RecordUnusable):
            found |= set(journal.run_ids())
    return found


def all_runs(config_path: Path | None, *, json: bool, is_hurried: bool = False) -> Found:
    """Every run of every record that can be read; hurried, of those that answer soon."""
    from hrmsops.engine.aside import waiting as marked
    from hrmsops.engine.journal import oldest_first
    from hrmsops.errors.record import RecordUnusable

    mine = here()
    found, silent = {run.id: run for run in mine.runs()}, []
    waiting = {each.run for each in marked(mine.store)}
    for journal in shared(config_path, json=json, is_hurried=is_hurried):
        try:
            found |= {run.id: run for run in journal.runs() if run.id not in waiting}
        except RecordUnusable as error:
            silent.append(error)
    return Found(runs=tuple(oldest_first(found.values())), silent=tuple(silent))
