"""What the shell completes: environments, runs and codes from files, revisions from the cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import typer


def complete_environment(ctx: typer.Context, incomplete: str) -> list[str]:
    """The environments of the configuration that `--config` names or the folder has."""

    def environments() -> Iterable[str]:
        from hrmsops.config import load

        return load(_config(ctx)).environments

    return _beginning(environments, incomplete)


def complete_run(ctx: typer.Context, incomplete: str) -> list[str]:
    """The runs on record here and in the buckets of the configuration, newest first."""

    def run_ids() -> Iterable[str]:
        from hrmsops.commands.records import run_ids

        return sorted(run_ids(_config(ctx)), reverse=True)

    return _beginning(run_ids, incomplete)


def complete_revision(ctx: typer.Context, incomplete: str) -> list[str]:
    """`previous`, and the revisions of the service in the environment of this command line."""

    def revisions() -> Iterable[str]:
        from hrmsops.config import load
        from hrmsops.world import World

        environment = load(_config(ctx)).environment(ctx.params.get("env"))
        world = World(environment)
        found = world.cloud_run.revisions(world.service_name)
        return ("previous", *(revision.name for revision in found))

    return _beginning(revisions, incomplete)


def complete_backup(ctx: typer.Context, incomplete: str) -> list[str]:
    """`latest`, and the numbers of the project's good backups, newest first."""

    def backups() -> Iterable[str]:
        from hrmsops.config import load
        from hrmsops.world import World

        environment = load(_config(ctx)).environment(ctx.params.get("env"))
        found = World(environment).cloud_sql.kept_backups()
        return ("latest", *(backup.id for backup in found if backup.is_good))

    return _beginning(backups, incomplete)


def complete_fixture(incomplete: str) -> list[str]:
    """The fixtures of the seed."""

    def fixtures() -> Iterable[str]:
        from hrmsops.seed.catalogue import fixtures

        return fixtures()

    return _beginning(fixtures, incomplete)


def complete_code(incomplete: str) -> list[str]:
    """The codes that have a page."""

    def codes() -> Iterable[str]:
        from hrmsops.commands.pages import pages

        return pages()

    return _beginning(codes, incomplete)


def _config(ctx: typer.Context) -> Path | None:
    """What `--config` names: while a line is completed its values are the words themselves."""
    named = ctx.params.get("config_path")
    return Path(named) if named else None


def _beginning(source: Callable[[], Iterable[str]], incomplete: str) -> list[str]:
    # A traceback would land in the line that is being typed, so a failure completes nothing.
    try:
        return [each for each in source() if each.startswith(incomplete)]
    except Exception:
        return []
