"""The status as a screen, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hrmsops.console.ages import age
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from hrmsops.rollback.status import RevisionStatus, Status

REVISIONS_SHOWN_MAX = 10
HEALTH_STYLES = {"healthy": "good", "unhealthy": "error", "unprobed": "quiet"}


def document(status: Status) -> dict[str, Any]:
    """The status as JSON values."""
    body: dict[str, Any] = msgspec.to_builtins(status)
    return body


def screen(status: Status) -> Group:
    """Service, warnings, revisions, runs: the first lines answer "is it well, and what serves?"."""
    from rich.console import Group

    return Group(_head(status), _table(status), _tail(status))


def _head(status: Status) -> Text:
    from rich.text import Text

    text = Text(f"{status.service.rpartition('/')[2]}  {status.uri}\n", style="bold")
    rest = Text()
    rest.append(f"serving  {status.serving}")
    if status.is_reconciling:
        rest.append("  (a change is under way)", style="warning")
    rest.append(f"\nasked    {status.asked}", style="quiet")
    changed = f"{status.updated_at:%Y-%m-%d %H:%M:%S} UTC by {status.last_modifier or 'unknown'}"
    rest.append(f"\nchanged  {shown(changed)}", style="quiet")
    if status.instance:
        rest.append(f"\ndatabase {status.instance}", style="quiet")
    for warning in status.warnings:
        rest.append(f"\n! {shown(warning)}", style="warning")
    return Text.assemble(text, rest)


def _table(status: Status) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("", "revision", "age", "health", "by", "image"):
        table.add_column(column, overflow="fold")
    for revision in status.revisions[:REVISIONS_SHOWN_MAX]:
        table.add_row(*_row(status, revision))
    return table


def _row(status: Status, revision: RevisionStatus) -> tuple[Text, ...]:
    from rich.text import Text

    name = Text(revision.name, style="bold" if revision.percent else "")
    for tag in revision.tags:
        name.append(f" [{shown(tag)}]", style="quiet")
    if revision.left_by_run:
        name.append(" (rolled away from)", style="warning")
    health = Text(revision.health, style=HEALTH_STYLES[revision.health])
    if revision.health == "unhealthy":
        health.append(f": {shown('; '.join(revision.findings))}")
    if revision.trouble:
        health = Text(shown(revision.trouble), style="error")
    return (
        Text(f"{revision.percent} %" if revision.percent else ""),
        name,
        Text(age(status.observed_at - revision.created_at)),
        health,
        Text(shown(revision.creator)),
        Text(shown(revision.image.rpartition("/")[2])),
    )


def _tail(status: Status) -> Text:
    from rich.text import Text

    text = Text()
    if more := len(status.revisions) - REVISIONS_SHOWN_MAX:
        text.append(f"… and {more} older revisions\n" if more > 0 else "", style="quiet")
    if status.holder:
        holder = status.holder
        text.append(f"! Held by run {holder.run} of {shown(holder.by)} on {shown(holder.host)}")
        text.append(f" since {holder.since:%H:%M:%S} UTC: {shown(holder.why)}\n")
    for run in status.unfinished:
        text.append(f"! Run {run} is unfinished. Next: hrmsops resume {run}\n", style="warning")
    text.append(f"seen at {status.observed_at:%Y-%m-%d %H:%M:%S} UTC", style="quiet")
    return text
