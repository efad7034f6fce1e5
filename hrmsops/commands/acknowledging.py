"""What left the building is shown, and acknowledged by flags or one by one in the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.engine.run import Run
    from hrmsops.steps.rows.items import Item
    from hrmsops.world import World

Acknowledge = Annotated[
    list[str] | None,
    typer.Option(
        "--acknowledge",
        metavar="NAME",
        help="Say that what left the building under this name is dealt with. Repeatable, recorded.",
    ),
]


def acknowledge_items(
    world: World,
    items: Iterable[Item],
    *,
    names: Collection[str],
    run: str,
    is_open: bool,
    json: bool,
) -> None:
    """Return once each open item is on record as acknowledged: by `names`, else by being asked.

    `run` stands in the record; `is_open` says that it can be gone on with where one is left.
    Raises ItemUnknown for a name that is none, IrrevocableNotAcknowledged where one is left.
    """
    from hrmsops.console import output, prompts
    from hrmsops.errors.hold import IrrevocableNotAcknowledged
    from hrmsops.steps.rows.acknowledgements import acknowledge, acknowledgements, uncovered

    known = _known(items, names)
    acknowledge(world, known, names, run=run)
    may_ask = not json and prompts.somebody_answers()
    open_ = uncovered(known, acknowledgements(world)) if may_ask else ()
    if open_:
        output.say("This has left and cannot be called back. Say yes where somebody sees to it:")
    for item in open_:
        output.say(item.sentence(), style="warning")
        if prompts.ask_yes(f"Is {item.name} dealt with?", flag=f"--acknowledge {item.name}"):
            acknowledge(world, (item,), (item.name,), run=run)
    if left := uncovered(known, acknowledgements(world)):
        raise IrrevocableNotAcknowledged(
            items=tuple((item.name, item.sentence()) for item in left),
            run=run if is_open else "",
        )


def tell_open(
    world: World, items: Iterable[Item], *, names: Collection[str], manner: Manner
) -> None:
    """For a plan that is only shown: what has left so far, and what has to be said of it then.

    Raises ItemUnknown for a name that is none.
    """
    from hrmsops.console import output
    from hrmsops.console.plans import Unsaid
    from hrmsops.steps.rows.acknowledgements import acknowledgements, uncovered

    for item in uncovered(_known(items, names), acknowledgements(world)):
        if item.name not in names:
            flag = f"--acknowledge {shlex.quote(item.name)}"
            manner.unsaid.append(Unsaid(flag=flag, why=item.sentence()))
            if not manner.json:
                output.say(item.sentence(), style="warning")


def _known(items: Iterable[Item], names: Collection[str]) -> tuple[Item, ...]:
    """The items, once each of `names` is one of theirs; raises ItemUnknown."""
    from hrmsops.errors.hold import ItemUnknown

    known = tuple(items)
    if unknown := sorted(set(names) - {item.name for item in known}):
        raise ItemUnknown(name=unknown[0], known=tuple(sorted({item.name for item in known})))
    return known


def items_in(run: Run) -> tuple[Item, ...]:
    """All that the run's steps have listed so far."""
    from hrmsops.steps.rows.irrevocable import ListIrrevocable, items_of

    return tuple(
        item
        for number, step in enumerate(run.plan.steps, start=1)
        if isinstance(step, ListIrrevocable)
        for item in items_of(run, number)
    )
