"""`hrmsops migrations`: what is applied, by whom, when, with which code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, journal_of, world_of

if TYPE_CHECKING:
    from hrmsops.postgres.history import AppliedMigration

App = Annotated[str | None, typer.Option("--app", metavar="APP", help="Only this app's.")]


def migrations(
    env: options.Env = None,
    app: App = None,
    proxy: options.Proxy = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Show each migration of the database: when it ran, in which run, by whom, with which code."""
    from hrmsops.commands.migrating import instance_of
    from hrmsops.console import output
    from hrmsops.postgres.history import read_history

    world = world_of(Manner(env=env, config=config_path, proxy=proxy, json=json))
    instance = world.cloud_sql.instance(instance_of(world, journal_of(world)))
    target = world.target(instance, application_name="hrmsops migrations")
    found = [each for each in read_history(target) if app in (None, each.app)]
    if json:
        output.write_json("migrations", {"instance": instance.name, "migrations": found})
    elif not found:
        output.result("No migration is applied, and none is on record.")
    else:
        output.table(("MIGRATION", "APPLIED", "RUN", "BY", "CODE"), map(_row, found))


def _row(each: AppliedMigration) -> tuple[str, ...]:
    """Where hrmsops did not apply it itself, Django's own record has a time and no more."""
    when = f"{each.applied_at:%Y-%m-%d %H:%M:%S}" if each.applied_at else each.state
    code = each.image.rpartition("@")[2] or each.commit
    return (f"{each.app}.{each.name}", when, each.run or "-", each.operator or "-", code or "-")
