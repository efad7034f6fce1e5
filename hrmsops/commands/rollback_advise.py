"""`hrmsops rollback --advise` and `--interactive`: the guide's decision tree, with the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, journal_of, world_of

if TYPE_CHECKING:
    from hrmsops.rollback.advice import Advice
    from hrmsops.rollback.code_facts import CodeFacts
    from hrmsops.rollback.known import Known
    from hrmsops.rollback.sighting import Said, Sighting
    from hrmsops.world import World


class Damaged(StrEnum):
    """What the operator says of the data."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def _moment(text: str) -> datetime:
    from hrmsops.config.moment import moment

    return moment(text)


Advise = Annotated[
    bool, typer.Option("--advise", help="Recommend a way back and show why. Change nothing.")
]
DataDamaged = Annotated[
    Damaged,
    typer.Option(
        "--data-damaged", help="Whether data is wrong that no code can repair, as far as you know."
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        metavar="TIME",
        parser=_moment,
        help="When the harm began, with its zone. Else the first migration or revision since.",
    ),
]

SAID = {Damaged.YES: True, Damaged.NO: False, Damaged.UNKNOWN: None}


@dataclass(frozen=True)
class Looked:
    """One look at everything, on which every answer of one session rests."""

    world: World
    seen: Sighting
    code: CodeFacts | None

    def advice(self, said: Said, *, told: Mapping[str, Known]) -> Advice:
        from hrmsops.rollback.advice import advise

        name = self.world.environment.name
        return advise(self.seen, said, self.code, told=told, environment=name)


def rollback(
    context: typer.Context,
    env: options.Env = None,
    advise: Advise = False,
    interactive: options.Interactive = False,
    data_damaged: DataDamaged = Damaged.UNKNOWN,
    since: Since = None,
    reason: options.Reason = None,
    proxy: options.Proxy = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Go back: the guide's decision tree, or one of its branches.

    `--advise` looks everything up and recommends a branch; `--interactive` leads through it.
    """
    if context.invoked_subcommand is not None:
        return
    if not (advise or interactive):
        typer.echo(context.get_help())
        raise typer.Exit
    from hrmsops.rollback.sighting import Said

    manner = Manner(env=env, config=config_path, json=json, proxy=proxy)
    said = Said(is_damaged=SAID[data_damaged], since=since)
    if interactive:
        from hrmsops.commands.wizard import lead

        lead(manner, said, reason=reason, type_line=lambda words: _typed(context, words))
    else:
        _advise(manner, said)


def _typed(context: typer.Context, words: list[str]) -> None:
    """Run `hrmsops rollback WORDS` as if it had been typed, and end as it ends."""
    ended = context.command.main(words, prog_name="hrmsops rollback", standalone_mode=False)
    if isinstance(ended, int) and ended:
        raise typer.Exit(ended)


def look_around(manner: Manner) -> Looked:
    """Everything that advice rests on, looked up once."""
    from hrmsops.rollback.answering import migrations_since
    from hrmsops.rollback.looking import look
    from hrmsops.rollback.reading_code import read_code

    world = world_of(replace(manner, is_hurried=True))
    seen = look(world, journal_of(world))
    since = tuple(each.migration for each in migrations_since(seen) or ())
    return Looked(world=world, seen=seen, code=read_code(world.config, since) if since else None)


def _advise(manner: Manner, said: Said) -> None:
    from hrmsops.console import advice as view
    from hrmsops.console import output

    found = look_around(manner).advice(said, told={})
    if manner.json:
        output.write_json("advice", view.document(found))
    else:
        view.show(found)
