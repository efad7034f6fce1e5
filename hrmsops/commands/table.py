"""`hrmsops table sizes|partition`: the playbook of large tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, journal_of, world_of
from hrmsops.commands.table_partition import partition

if TYPE_CHECKING:
    from hrmsops.partition.sizes import Sized
    from hrmsops.world import World

app = typer.Typer(
    no_args_is_help=True, help="Large tables: how large they are, and how they are partitioned."
)

app.command(epilog="Example: hrmsops table partition core_auditlog --by created_at --every month")(
    partition
)

Exact = Annotated[bool, typer.Option("--exact", help="Count the rows, which reads each table.")]
All = Annotated[bool, typer.Option("--all", help="Small tables too.")]


@app.command(epilog="Example: hrmsops table sizes -e production --exact")
def sizes(
    env: options.Env = None,
    exact: Exact = False,
    everything: All = False,
    proxy: options.Proxy = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Show how large the large tables are, how they grow, and what that asks for."""
    from hrmsops.console import output
    from hrmsops.console import table_sizes as view

    world = world_of(Manner(env=env, config=config_path, json=json, proxy=proxy))
    instance, found = _looked(world, exact=exact, everything=everything)
    if json:
        output.write_json("table-sizes", {"instance": instance, "tables": found})
    else:
        view.show(found, now=world.clock.now(), env=world.environment.name)


def _looked(world: World, *, exact: bool, everything: bool) -> tuple[str, tuple[Sized, ...]]:
    """Look, compare with the last look, and remember this one."""
    from hrmsops.commands.migrating import instance_of
    from hrmsops.config.table_sizes import TABLE_SIZE_REFERENCE
    from hrmsops.errors.database import StatementFailed
    from hrmsops.partition.samples import Look, Measure, before, remember, remembered
    from hrmsops.partition.sizes import judged
    from hrmsops.postgres.partitions import read_ranges
    from hrmsops.postgres.refusals import plainly
    from hrmsops.postgres.session import connect
    from hrmsops.postgres.table_sizes import read_sizes

    instance = world.cloud_sql.instance(instance_of(world, journal_of(world)))
    target = world.target(instance, application_name="hrmsops table sizes")
    safety = world.config.safety
    expected = {**TABLE_SIZE_REFERENCE, **safety.expected_rows}
    with (
        connect(target, read_only=True) as session,
        plainly(StatementFailed, address=target.address),
    ):
        seen = read_sizes(session, exact=exact)
        ranges = read_ranges(session)
    now, scope = world.clock.now(), f"{world.environment.project}/{instance.name}"
    looks = remembered(world.store, scope)
    found = judged(
        seen,
        ranges,
        expected=expected,
        large_rows=safety.large_table_rows,
        earlier=before(looks, now),
        now=now,
        everything=everything,
    )
    tables = {
        str(each.name): Measure(rows=each.rows, bytes=each.bytes + each.index_bytes)
        for each in seen
    }
    remember(world.store, scope, Look(at=now, tables=tables))
    return instance.name, found
