"""`hrmsops status`: what is, before anything is decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, journal_of, world_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hrmsops.world import World

WATCH_SECONDS = 2.0
DATABASE_SECONDS = 20.0
"""How often the watch asks Cloud SQL, which allows few calls in a minute."""

Watch = Annotated[bool, typer.Option("--watch", help="Look again every two seconds, until Ctrl-C.")]

ExpectImage = Annotated[
    str | None,
    typer.Option(
        "--expect-image",
        metavar="DIGEST",
        help="Exit 7 unless every request goes to this image: a digest, or a reference with one.",
    ),
]


def status(
    env: options.Env = None,
    watch: Watch = False,
    expect_image: ExpectImage = None,
    proxy: options.Proxy = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Show what serves, what was asked for, how each revision is, and unfinished runs.

    Where the record gives no answer, the cloud is shown without it.
    """
    digest = _digest(expect_image, watch=watch)
    world = world_of(Manner(env=env, config=config_path, proxy=proxy, json=json, is_hurried=True))
    if watch and not json:
        _watch(world)
    else:
        _look(world, json=json, digest=digest)


def _digest(reference: str | None, *, watch: bool) -> str | None:
    """The digest that is to serve; refused before anything is asked of the cloud."""
    if reference is None:
        return None
    if watch:
        from hrmsops.errors.usage import WrongUsage

        problem = "--expect-image looks once, --watch never ends."
        raise WrongUsage(problem=problem, command="hrmsops status")
    from hrmsops.rollback.expected_image import digest_of

    return digest_of(reference)


def _look(world: World, *, json: bool, digest: str | None) -> None:
    """Look once. Under `--json` a status that is not as expected gives way to the error."""
    from hrmsops.console import output
    from hrmsops.console import status as view
    from hrmsops.rollback.expected_image import require_served
    from hrmsops.rollback.status import status_of

    found = status_of(world, journal_of(world))
    if not json:
        output.draw(view.screen(found))
    if digest:
        require_served(found, digest)
    if json:
        output.write_json("status", view.document(found))


def _watch(world: World) -> None:
    """Look until Ctrl-C, which is how one leaves; in a pipe each look is written below the last."""
    import signal

    from rich.live import Live

    from hrmsops.console import theme
    from hrmsops.engine.signals import Interruption

    console = theme.results()
    try:
        if not console.is_terminal:
            _look_again(world, console.print)
        with Live(console=console, auto_refresh=False) as live:
            _look_again(world, lambda picture: live.update(picture, refresh=True))
    except Interruption as interruption:
        if interruption.signum != signal.SIGINT:
            raise


def _look_again(world: World, show: Callable[[RenderableType], None]) -> None:
    import time

    from hrmsops.console import status as view
    from hrmsops.rollback.status import status_of

    seen, asked_at = None, -DATABASE_SECONDS
    while True:
        if (now := time.monotonic()) - asked_at >= DATABASE_SECONDS:
            seen, asked_at = None, now
        found = status_of(world, journal_of(world), database=seen)
        seen = found.database
        show(view.screen(found))
        time.sleep(WATCH_SECONDS)
