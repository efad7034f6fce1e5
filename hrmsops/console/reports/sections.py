"""What stands in an incident report, in order: the same words for every form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hrmsops.aftermath.incident import Incident

ROOT_CAUSE = "To be written: what broke, why nothing caught it, and which change mends it."
NO_PERSONAL = (
    "Nothing that this run recorded tells of erasures, revocations or resurrected persons. "
    "If the database went back in time: were leavers, revoked access or erased records "
    "brought back, and for how long?"
)
NO_LOSS = "Nothing that this run recorded tells of lost, replayed or conflicting writes."
ENDED = {
    "done": "It ended well.",
    "failed": "It failed, and nothing of it remains changed.",
    "abandoned": "It was abandoned.",
}


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading with sentences, then rows under headings, then commands to paste."""

    title: str
    sentences: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    commands: tuple[str, ...] = ()
    has_picture: bool = False


def title(incident: Incident) -> str:
    """`Incident report: rollback app on production`."""
    return f"Incident report: {incident.command} on {incident.environment}"


def sections(incident: Incident) -> Iterator[Section]:
    """Every section; an empty one says what is missing instead of going missing."""
    yield _summary(incident)
    yield Section(
        title="Impact in numbers",
        heads=("what", "figure"),
        rows=tuple((each.label, each.value) for each in incident.figures),
    )
    yield Section(
        title="Timeline (UTC)",
        heads=("at", "by", "what"),
        rows=tuple((f"{each.at:%H:%M:%S}", each.by, each.words) for each in incident.moments),
        has_picture=bool(incident.bars),
    )
    yield _evidence(incident)
    yield _commands(incident)
    yield Section(
        title="What was lost or replayed",
        sentences=() if incident.losses else (NO_LOSS,),
        heads=("what", "figure"),
        rows=tuple((each.label, each.value) for each in incident.losses),
    )
    yield Section(
        title="Personal data",
        sentences=(
            "For the data-protection officer.",
            *(() if incident.personal else (NO_PERSONAL,)),
        ),
        heads=("what", "figure"),
        rows=tuple((each.label, each.value) for each in incident.personal),
    )
    yield _checklist(incident)
    yield Section(title="Root cause", sentences=(ROOT_CAUSE,))


def _summary(incident: Incident) -> Section:
    return Section(
        title="Summary",
        sentences=(
            f"On {incident.began:%Y-%m-%d at %H:%M:%S} UTC {incident.by} began "
            f"{incident.command} on {incident.environment}, from {incident.host}. "
            f"{ENDED.get(incident.outcome, 'It is unfinished.')}",
            f"The reason given: {incident.reason}",
            f"The plan: {incident.headline}.",
            *((f"What stopped it: {incident.failure}",) if incident.failure else ()),
        ),
        heads=("about", "name"),
        rows=incident.subject,
    )


def _evidence(incident: Incident) -> Section:
    rows = [("known before", each) for each in incident.because]
    rows += [("warned of", each) for each in incident.warnings]
    rows += [(sentence, each) for sentence, lines in incident.findings for each in lines]
    return Section(title="Evidence", heads=("from", "what"), rows=tuple(rows))


def _commands(incident: Incident) -> Section:
    undo = (incident.undo,) if incident.undo else ()
    words = "The last command takes it back." if undo else "No command takes this run back."
    runs = ((incident.run, incident.command, incident.outcome),)
    related = tuple((each.run, each.command, each.outcome) for each in incident.related)
    return Section(
        title="Commands and runs",
        sentences=(words,),
        heads=("run", "command", "outcome"),
        rows=(*runs, *related),
        commands=(f"hrmsops runs show {incident.run}", *undo),
    )


def _checklist(incident: Incident) -> Section:
    open_items = incident.open_items
    return Section(
        title="Checklist and open items",
        sentences=(f"{len(open_items)} of {len(incident.checklist)} items are open.",),
        heads=("item", "state", "evidence", "by"),
        rows=tuple(
            (each.item.title, each.state, "; ".join(each.evidence), each.by)
            for each in incident.checklist
        ),
        commands=(f"hrmsops checklist {incident.run}",) if open_items else (),
    )
