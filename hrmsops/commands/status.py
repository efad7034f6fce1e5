"""`hrmsops status`: what is, before anything is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, journal_of, world_of

if TYPE_CHECKING:
    from hrmsops.world import World

WATCH_SECONDS = 2.0

Watch = Annotated[bool, typer.Option("--watch", help="Look again every two seconds, until Ctrl-C.")]


def status(
    env: options.Env = None,
    watch: Watch = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Show what serves, what was asked for, how each revision is, and unfinished runs."""
    from hrmsops.console import output, theme
    from hrmsops.console import status as view
    from hrmsops.rollback.status import status_of

    world = world_of(Manner(env=env, config=config_path, json=json))
    if json:
        output.write_json("status", view.document(status_of(world, journal_of(world))))
    elif watch:
        _watch(world)
    else:
        theme.results().print(view.screen(status_of(world, journal_of(world))))


def _watch(world: World) -> None:
    import time

    from rich.live import Live

    from hrmsops.console import status as view
    from hrmsops.console import theme
    from hrmsops.rollback.status import status_of

    with Live(console=theme.results(), auto_refresh=False) as live:
        while True:
            live.update(view.screen(status_of(world, journal_of(world))), refresh=True)
            time.sleep(WATCH_SECONDS)
