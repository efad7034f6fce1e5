"""The status as a screen, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from hrmsops.console.ages import age
from hrmsops.console.database_status import database_lines
from hrmsops.console.layout import hanging
from hrmsops.console.next_command import completed_as_typed
from hrmsops.console.safe import shown
from hrmsops.console.theme import PIPE_WIDTH

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.table import Table
    from rich.text import Text

    from hrmsops.rollback.status import RevisionStatus, Status

REVISIONS_SHOWN_MAX = 10
PLAIN_COLUMNS = 100
"""A table in a pipe is no wider: whoever pages through a log reads it in a terminal."""
DIGEST_SHOWN = 12
"""Digits of an image's digest, as docker shows them; JSON has them all."""
ERROR_SHARE_SHOWN = 0.01
"""From here on the share of errors is shown in red."""
HEALTH_STYLES = {"healthy": "good", "unhealthy": "error", "unprobed": "quiet"}


def document(status: Status) -> dict[str, Any]:
    """The status as JSON values."""
    body: dict[str, Any] = msgspec.to_builtins(status)
    return body


def screen(status: Status) -> RenderableType:
    """Service, warnings, revisions, runs: the first lines answer "is it well, and what serves?"."""
    return _Screen(status)


class _Screen:
    """The status, laid out anew for the width of the console that it is drawn on."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        status = self._status
        if console.is_terminal:
            yield Text("")  # The banner stands above.
        yield from _head(status, console)
        yield Text("")
        shown_ones = status.revisions[:REVISIONS_SHOWN_MAX]
        table = _table(status, shown_ones)
        room = console.width if console.is_terminal else PLAIN_COLUMNS
        if _width_wanted(table, console) <= room:
            yield table
        else:
            for revision in shown_ones:
                yield from _folded(status, revision, console)
        yield Text("")
        yield from _tail(status, console)


def _head(status: Status, console: Console) -> Iterator[Text]:
    from rich.text import Text

    yield Text(f"{status.service.rpartition('/')[2]}  {status.uri}", style="bold")
    under_way = "  (a change is under way)" if status.is_reconciling else ""
    changed = f"{status.updated_at:%Y-%m-%d %H:%M:%S} UTC by {status.last_modifier or 'unknown'}"
    for label, value, style in (
        ("serving  ", f"{status.serving}{under_way}", "warning" if under_way else ""),
        ("asked    ", status.asked, "quiet"),
        ("changed  ", changed, "quiet"),
        ("database ", status.instance, "quiet"),
    ):
        if value:
            yield hanging(console, label, Text(shown(value), style=style))
    if status.database:
        yield from database_lines(status.database, status.cloud_at, console)
    for warning in status.warnings:
        yield _warned(warning, console)


def _table(status: Status, revisions: Sequence[RevisionStatus]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("", "revision", "age", "health", "requests", "by", "image"):
        table.add_column(column, no_wrap=column != "health", overflow="fold")
    for revision in revisions:
        table.add_row(
            _percent(revision),
            _name(revision),
            _age(status, revision),
            _health(revision),
            _requests(revision),
            shown(revision.creator),
            _image(revision),
        )
    return table


def _width_wanted(table: Table, console: Console) -> int:
    from rich.measure import Measurement

    return Measurement.get(console, console.options.update_width(PIPE_WIDTH), table).maximum


def _folded(status: Status, revision: RevisionStatus, console: Console) -> Iterator[Text]:
    """A revision on a narrow screen: its name whole, and the rest below it."""
    from rich.text import Text

    yield Text.assemble(f"{_percent(revision):<7}", _name(revision))
    rest = Text.assemble(f"{_age(status, revision)} old, ", _health(revision))
    if requests := _requests(revision, unit=" request" + "s" * (revision.requests != 1)):
        rest.append(", ").append(requests)
    rest.append(f", {_image(revision)} by {shown(revision.creator)}", style="quiet")
    yield hanging(console, " " * 7, rest)


def _percent(revision: RevisionStatus) -> str:
    return f"{revision.percent} %" if revision.percent else ""


def _age(status: Status, revision: RevisionStatus) -> str:
    return age(status.cloud_at - revision.created_at)


def _image(revision: RevisionStatus) -> str:
    name, at, digest = revision.image.rpartition("/")[2].partition("@sha256:")
    return shown(f"{name}{at}{digest[:DIGEST_SHOWN]}")


def _name(revision: RevisionStatus) -> Text:
    from rich.text import Text

    name = Text(revision.name, style="bold" if revision.percent else "")
    for tag in revision.tags:
        name.append(f" [{shown(tag)}]", style="quiet")
    if revision.left_by_run:
        name.append(" (rolled away from)", style="warning")
    return name


def _health(revision: RevisionStatus) -> Text:
    from rich.text import Text

    if revision.trouble:
        return Text(shown(revision.trouble), style="error")
    health = Text(revision.health, style=HEALTH_STYLES[revision.health])
    if revision.health == "unhealthy":
        health.append(f": {shown('; '.join(revision.findings))}")
    return health


def _requests(revision: RevisionStatus, *, unit: str = "") -> Text:
    """ "1,204, 3.1 % errors"; nothing where nothing is known."""
    from rich.text import Text

    if revision.requests is None:
        return Text("")
    share = (revision.errors or 0) / revision.requests if revision.requests else 0.0
    style = "error" if share > ERROR_SHARE_SHOWN else ""
    return Text.assemble(f"{revision.requests:,}{unit}, ", (f"{share * 100:.1f} % errors", style))


def _counted(status: Status) -> str:
    """What the counts of requests are worth."""
    counted = status.counted
    if counted.unknown:
        return f"Requests are unknown: {counted.unknown}"
    if counted.age_seconds is None:
        return f"No requests counted in the last {counted.minutes} min: that is not zero errors."
    newest = age(timedelta(seconds=counted.age_seconds))
    return f"Requests of the last {counted.minutes} min; the newest count is {newest} old."


def _tail(status: Status, console: Console) -> Iterator[Text]:
    from rich.text import Text

    more = len(status.revisions) - REVISIONS_SHOWN_MAX
    if more > 0:
        yield Text(f"… and {more} older revisions", style="quiet")
    for sentence in _runs(status):
        yield _warned(sentence, console)
    if next_run := _next_run(status):
        line = completed_as_typed(f"hrmsops resume {next_run}")
        yield Text(f"Next: {line}", style="fix", no_wrap=True, overflow="ignore")
    yield hanging(console, "", Text(shown(_counted(status)), style="quiet"))
    yield Text(f"seen at {status.observed_at:%Y-%m-%d %H:%M:%S} UTC", style="quiet")


def _runs(status: Status) -> Iterator[str]:
    """Who changes this environment now, and what was left unfinished."""
    holder = status.holder
    if holder:
        state = "its process is gone" if status.holder_is_gone else "it goes on"
        yield (
            f"Run {holder.run} of {holder.by} on {holder.host}, since {holder.since:%H:%M:%S} UTC "
            f"({holder.why}): {state}."
        )
    for run in status.unfinished:
        if not holder or holder.run != run:
            yield f"Run {run} is unfinished."


def _next_run(status: Status) -> str | None:
    """The run to go on with: none while a live process holds the environment."""
    is_free = status.holder is None or status.holder_is_gone
    return status.unfinished[-1] if status.unfinished and is_free else None


def _warned(sentence: str, console: Console) -> Text:
    from rich.text import Text

    return hanging(console, Text("! ", style="warning"), Text(shown(sentence), style="warning"))
