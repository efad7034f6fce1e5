"""`hrmsops doctor`: can we do all this here?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, journal_of, world_of

if TYPE_CHECKING:
    from hrmsops.world import World

For = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="COMMAND",
        help="Only what this command needs, such as 'rollback pitr', migrate or rollback.",
    ),
]


Conformance = Annotated[
    bool,
    typer.Option(
        "--conformance",
        help="Read from each API, and hold the answers against Google's documents and against "
        "the sandbox: field names and kinds, no values.",
    ),
]


def doctor(
    env: options.Env = None,
    for_: For = None,
    conformance: Conformance = False,
    proxy: options.Proxy = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Look whether everything is there that the commands need, and say what mends it.

    Nothing is changed. Exit code 9 where the account may not, 2 where something else is red.
    """
    from hrmsops.console import doctor as view
    from hrmsops.console import output
    from hrmsops.console.next_command import completed
    from hrmsops.doctor import conformance as answers
    from hrmsops.doctor.around import Around
    from hrmsops.doctor.examining import checks, examine

    commands = _commands(for_)
    world = world_of(Manner(env=env, config=config_path, proxy=proxy, json=True))
    if not json:
        _show_where(world)
    known = answers.conformance() if conformance else checks()
    found = examine(Around(world, lambda: journal_of(world), commands), known)
    if json:
        output.write_json("doctor", view.document(found, env=world.environment.name, asked=for_))
    else:
        view.show(
            found,
            asked=for_,
            completed=lambda line: completed(line, env=world.environment.name, config=config_path),
        )
    raise typer.Exit(found.exit_code)


def _commands(asked: str | None) -> frozenset[str]:
    from difflib import get_close_matches

    from hrmsops.doctor.commands import EVERY, NEED_NOTHING, meant
    from hrmsops.errors.doctor import CommandUnknown

    if asked is None:
        return EVERY
    if found := meant(asked):
        return found
    near = () if asked in NEED_NOTHING else get_close_matches(asked, EVERY, n=3)
    raise CommandUnknown(asked=asked, known=tuple(near or sorted(EVERY)))


def _show_where(world: World) -> None:
    """The banner, also where nobody is logged in: that is one of the findings."""
    from hrmsops.console import banner
    from hrmsops.errors.base import HrmsopsError

    try:
        account = world.clients.account
    except HrmsopsError:
        account = "nobody"
    banner.show(world.environment, account=account, instance=world.environment.instance)
