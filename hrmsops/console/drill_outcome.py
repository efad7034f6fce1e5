"""How a drill ended: the outage second by second, what it cost, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hrmsops.console import output, theme
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.text import Text

BARS = "▁▂▃▄▅▆▇█"
LOST_SHOWN = 5
BRANCHES = {
    "app": "roll back the application only",
    "migration": "reverse the migration, then roll back the application",
    "pitr": "point-in-time recovery, and what was written since replayed",
    "backup": "restore a backup, and what was lost replayed",
}
"""The leaves of the guide's decision tree."""
INCIDENTS = {
    "bad-release": "a release that failed a fifth of its requests",
    "bad-migration": "a migration that corrupted values, and that can be taken back",
    "lost-data": "a migration that lost data, and that cannot be taken back",
    "total-failure": "the database's instance was lost, with its data and its logs",
}


def show_outcome(
    document: Mapping[str, Any], *, error_rates: Sequence[float], problem: str
) -> None:
    """The end, on stdout: the outage as a strip, what it cost, and whether all was proved."""

    console = theme.results()
    lines = [
        _bars(error_rates, columns_max=console.width),
        _writes(document),
        *_lost_keys(document),
        *_rewound(document),
    ]
    lines += [_requests(document), *_advice(document), *_verdict(document, problem=problem)]
    for line in lines:
        console.print(line)


def _bars(error_rates: Sequence[float], *, columns_max: int) -> Text:
    from rich.text import Text

    seconds, means = thinned(error_rates, most=columns_max - len("errors each 100 seconds  "))
    span = "second" if seconds == 1 else f"{seconds} seconds"
    bars = Text(f"\nerrors each {span}  ", style="quiet")
    for mean, bar in zip(means, strip(means), strict=True):
        bars.append(bar, style="error" if mean else "good")
    return bars


def thinned(error_rates: Sequence[float], *, most: int) -> tuple[int, list[float]]:
    """At most so many means, each of so many seconds, as short as possible."""
    seconds = -(-len(error_rates) // most) or 1
    spans = [error_rates[n : n + seconds] for n in range(0, len(error_rates), seconds)]
    return seconds, [sum(span) / len(span) for span in spans]


def strip(error_rates: Sequence[float]) -> str:
    """A bar for each second: the lowest when all was answered, the highest when half failed."""
    return "".join(_bar(rate) for rate in error_rates)


def _bar(error_rate: float) -> str:
    if error_rate <= 0:
        return BARS[0]
    return BARS[min(len(BARS) - 1, 1 + int(error_rate * 2 * (len(BARS) - 2)))]


def _writes(document: Mapping[str, Any]) -> Text:
    from rich.text import Text

    lost = len(document["lost_writes"])
    count = f"{document['acknowledged_writes']} writes were acknowledged"
    if lost:
        reverted = document["reverted_writes"]
        silently = f", {reverted} silently reverted" if reverted else ""
        return Text(f"{count}; {_counted(lost, 'row')} of them LOST{silently}.", style="error")
    where = "in the database, or listed as a conflict" if document.get("conflicts") else ""
    return Text(f"{count}; every one is {where or 'in the database'}.")


def _lost_keys(document: Mapping[str, Any]) -> list[Text]:
    """The first of the lost, by key; all of them are in the JSON."""
    from rich.text import Text

    lost = document["lost_writes"]
    lines = [
        f"  {each['table']} {each['row_id']}: {each['op']} of {each['request_id']}"
        for each in lost[:LOST_SHOWN]
    ]
    if len(lost) > LOST_SHOWN:
        lines.append(f"  and {len(lost) - LOST_SHOWN} more: --json lists them")
    return [Text(shown(line), style="error") for line in lines]


def _rewound(document: Mapping[str, Any]) -> list[Text]:
    """What became of the time that was gone back over, and whether anybody was paid twice."""
    from rich.text import Text

    if "replayed" not in document:
        return []
    if not (document["replayed"] or document["conflicts"] or document["payments_doubled"]):
        return [Text("Every payslip was paid at most once.")]
    conflicts, doubled = document["conflicts"], document["payments_doubled"]
    back = f"Brought back: {_counted(document['replayed'], 'row')}"
    lines = [Text(f"{back}; listed for a person: {_counted(conflicts, 'conflict')}.")]
    if doubled:
        return [*lines, Text(f"PAID TWICE: {_counted(doubled, 'payslip')}.", style="error")]
    return [*lines, Text("Every payslip was paid at most once.")]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _requests(document: Mapping[str, Any]) -> Text:
    from rich.text import Text

    failed, requests = document["failed_requests"], document["requests"]
    return Text(f"{failed} of {requests} requests failed meanwhile.")


def _advice(document: Mapping[str, Any]) -> list[Text]:
    """A line where hrmsops was asked, and advised another branch than the guide has."""
    from rich.text import Text

    advised, right = document["advised"], document["prescribed"]
    if advised in (None, right):
        return []
    return [Text(f"WRONG ADVICE: {advised}, where the guide has {right}.", style="error")]


def _verdict(document: Mapping[str, Any], *, problem: str) -> list[Text]:
    from rich.text import Text

    seconds = document["seconds"]
    if not document["recovered"]:
        return [Text(f"Production did not come back. {shown(problem)}".strip(), style="error")]
    parts = [
        f"{seconds[name]:.1f} s to {name}"
        for name in ("detect", "decide", "contain", "recover")
        if seconds[name] is not None
    ]
    lines = [
        Text(f"Production came back in {seconds['total']:.1f} s.", style="good"),
        Text(f"{', '.join(parts)}."),
    ]
    return [*lines, Text(f"Run {document['run']}.", style="quiet")] if document["run"] else lines


def show_revealed(document: Mapping[str, Any]) -> None:
    """What nobody has said until now: which incident it was, what was right, what was done."""
    name, right, taken = document["scenario"], document["prescribed"], document["taken"]
    output.result()
    output.result(f"It was {name}: {INCIDENTS[name]}.", style="bold")
    output.result(f"The guide: {BRANCHES[right]} ({right}).")
    if taken is None:
        output.result("You:       no rollback was carried out.", style="warning")
    elif taken == right:
        output.result("You:       the same.", style="good")
    else:
        output.result(f"You:       {BRANCHES.get(taken, taken)} ({taken}).", style="warning")


def show_all(documents: Sequence[Mapping[str, Any]]) -> None:
    """Every drill as a column: what was advised, seconds, requests, writes."""
    rows = [(name, *map(tell, documents)) for name, tell in MEASURES.items()]
    output.table(("", *(each["scenario"] for each in documents)), rows)


def _seconds(name: str) -> Callable[[Mapping[str, Any]], str]:
    def tell(document: Mapping[str, Any]) -> str:
        seconds = document["seconds"][name]
        if seconds is None:
            return "NEVER" if name == "recover" else "-"
        return f"{seconds:.1f} s"

    return tell


def _if_rewound(name: str) -> Callable[[Mapping[str, Any]], object]:
    return lambda document: document.get(name, "-")


MEASURES: dict[str, Callable[[Mapping[str, Any]], object]] = {
    "advised": lambda document: document["advised"] or "-",
    "time to detect": _seconds("detect"),
    "  to decide": _seconds("decide"),
    "  to contain": _seconds("contain"),
    "  to recover": _seconds("recover"),
    "requests failed": lambda document: f"{document['failed_requests']} of {document['requests']}",
    "writes acknowledged": lambda document: document["acknowledged_writes"],
    "  lost": lambda document: len(document["lost_writes"]),
    "  silently reverted": lambda document: document["reverted_writes"],
    "  replayed": _if_rewound("replayed"),
    "  listed": _if_rewound("conflicts"),
    "payslips paid twice": _if_rewound("payments_doubled"),
}
