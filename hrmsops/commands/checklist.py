"""`hrmsops checklist`: the guide's post-rollback checklist, which looks for itself where it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner
from hrmsops.commands.records import journal_with
from hrmsops.commands.runs import RunId, world_of_run
from hrmsops.errors.base import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hrmsops.aftermath.answers import Answers
    from hrmsops.aftermath.items import Finding, Outcome
    from hrmsops.world import World

Done = Annotated[
    list[str] | None,
    typer.Option("--done", metavar="ITEM", help="Record that this item was done. Repeatable."),
]
NotNeeded = Annotated[
    list[str] | None,
    typer.Option(
        "--not-needed", metavar="ITEM", help="Record that this item is not needed. Repeatable."
    ),
]
Note = Annotated[
    str, typer.Option("--note", metavar="TEXT", help="What was done; stands with the answers.")
]


def checklist(
    run: RunId,
    done: Done = None,
    not_needed: NotNeeded = None,
    note: Note = "",
    interactive: options.Interactive = False,
    proxy: options.Proxy = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Show what is left to do after a run, look at what can be looked at, record what was done.

    Exit code 7 where something that was looked at has failed.
    """
    from hrmsops.aftermath.answers import Answers
    from hrmsops.commands.aftermath import findings_of
    from hrmsops.console import checklist as view
    from hrmsops.console import output

    found = journal_with(run, config_path, json=json).look(run)
    world = world_of_run(
        found, Manner(env=found.plan.environment, config=config_path, proxy=proxy, json=json)
    )
    answers = Answers(world.store, found.id)
    _record(world, answers, done or (), outcome="done", note=note)
    _record(world, answers, not_needed or (), outcome="not-needed", note=note)
    findings = findings_of(world, found, config_path)
    if interactive:
        _ask(world, answers, findings)
        findings = findings_of(world, found, config_path)
    if json:
        output.write_json("checklist", view.document(found.id, findings))
    else:
        view.show(found.id, findings)
    if any(each.state == "failed" for each in findings):
        raise typer.Exit(ExitCode.UNVERIFIED)


def _record(
    world: World, answers: Answers, names: Sequence[str], *, outcome: Outcome, note: str
) -> None:
    from hrmsops.aftermath.items import ITEMS, Answer, item_of
    from hrmsops.errors.aftermath import ChecklistItemUnknown
    from hrmsops.gcp.cloud_sql import rfc3339

    if unknown := next((name for name in names if item_of(name) is None), None):
        raise ChecklistItemUnknown(item=unknown, known=tuple(item.id for item in ITEMS))
    for name in names:
        answers.add(
            Answer(
                item=name,
                outcome=outcome,
                note=note,
                by=world.operator.account,
                at=rfc3339(world.clock.now()),
            )
        )


def _ask(world: World, answers: Answers, findings: Sequence[Finding]) -> None:
    """Each item that only a person can settle, one after the other."""
    from hrmsops.console import prompts

    choices: list[tuple[Outcome | None, str]] = [
        (None, "Not yet"),
        ("done", "It is done"),
        ("not-needed", "It is not needed"),
    ]
    for finding in findings:
        if finding.state not in ("open", "unknown"):
            continue
        item = finding.item
        outcome = prompts.pick(
            f"{item.title}? {item.how}", choices, flag=f"--done {item.id}", default=None
        )
        if outcome is not None:
            note = prompts.ask_text("What was done, by whom?", flag="--note TEXT")
            _record(world, answers, (item.id,), outcome=outcome, note=note)
