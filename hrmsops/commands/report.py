"""`hrmsops report`: an incident report from the record, for people who were asleep."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner
from hrmsops.commands.records import journal_with
from hrmsops.commands.runs import RunId, world_of_run

if TYPE_CHECKING:
    from hrmsops.aftermath.incident import Incident
    from hrmsops.world import World


class Form(StrEnum):
    """How a report is written."""

    MD = "md"
    HTML = "html"


Format = Annotated[
    Form | None,
    typer.Option("--format", help="md or html. Else by the ending of --out, else md."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Where to write it. Else stdout."),
]


def report(
    run: RunId,
    form: Format = None,
    out: Out = None,
    proxy: options.Proxy = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Write the incident report of a run: what happened, in numbers, and what is left to do."""
    from hrmsops.aftermath.incident import of_run
    from hrmsops.commands.aftermath import findings_of
    from hrmsops.console import output

    journal = journal_with(run, config_path, json=json)
    found = journal.look(run)
    is_piped = json or out is None
    world = world_of_run(
        found, Manner(env=found.plan.environment, config=config_path, proxy=proxy, json=is_piped)
    )
    incident = of_run(
        found, others=journal.runs(), checklist=findings_of(world, found, config_path)
    )
    if json:
        output.write_json("report", incident)
    elif out is None:
        output.raw(_text(incident, form or Form.MD))
        _remember(world, incident, "stdout")
    else:
        _write(incident, form or _by_ending(out), out)
        _remember(world, incident, out.name)
        output.say(f"The report is in {out}.", style="good")
        if incident.open_items:
            output.next_step(f"hrmsops checklist {found.id}")


def _by_ending(out: Path) -> Form:
    return Form.HTML if out.suffix in (".html", ".htm") else Form.MD


def _text(incident: Incident, form: Form) -> str:
    from hrmsops.console.reports.html import html
    from hrmsops.console.reports.markdown import markdown

    return html(incident) if form is Form.HTML else markdown(incident)


def _write(incident: Incident, form: Form, out: Path) -> None:
    from hrmsops.errors.aftermath import ReportNotWritable

    try:
        out.write_text(_text(incident, form), encoding="utf-8")
    except OSError as error:
        raise ReportNotWritable(path=str(out), why=f"{error.strerror}.") from error


def _remember(world: World, incident: Incident, place: str) -> None:
    from hrmsops.aftermath.reports import Written, keep
    from hrmsops.gcp.cloud_sql import rfc3339

    written = Written(place=place, by=world.operator.account, at=rfc3339(world.clock.now()))
    keep(world.store, incident.run, written)
