"""The advice: which branch of the tree, on what evidence, at what cost, and the command for it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime

import msgspec

from hrmsops.rollback import questions as q
from hrmsops.rollback import request_evidence
from hrmsops.rollback.answering import answers, harm_began, migrations_since, previous
from hrmsops.rollback.code_facts import CodeFacts
from hrmsops.rollback.hold_advice import HoldAdvice, hold_advice
from hrmsops.rollback.known import Known, no
from hrmsops.rollback.looks_well import looks_well
from hrmsops.rollback.sighting import Said, Sighting
from hrmsops.rollback.tree import Kind, Recommendation, recommend


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a way back costs, in words."""

    time: str
    loss: str
    undo: str


COSTS: dict[Kind, Cost] = {
    "app": Cost(
        time="seconds",
        loss="nothing that was written, and mends no data",
        undo="the same command, forwards",
    ),
    "migration": Cost(
        time="seconds to minutes, under locks",
        loss="what the reverse drops, as its plan counts it",
        undo="migrating forwards, without what was dropped",
    ),
    "pitr": Cost(
        time="minutes to an hour for the clone",
        loss="nothing for good: writes since then are kept, and replayed after it",
        undo="rollback cutback",
    ),
    "backup": Cost(
        time="minutes to an hour for the restore",
        loss="what came after the backup, but for what is left to be replayed from",
        undo="rollback cutback, while the old instance is there",
    ),
    "roll-forward": Cost(
        time="as long as a fix takes", loss="nothing more than now", undo="a rollback"
    ),
}
TITLES: dict[Kind, str] = {
    "app": "Roll back the application only",
    "migration": "Reverse the migration, then roll back the application",
    "pitr": "Point-in-time recovery, application to the matching version",
    "backup": "Restore a backup and its application, replay what was lost",
    "roll-forward": "Roll forward: mend it with a new release",
}
KINDS: tuple[Kind, ...] = ("app", "migration", "pitr", "backup")
NEEDS: dict[Kind, q.Question] = {
    "app": q.PREVIOUS_FITS,
    "pitr": q.WINDOW_REACHES_HARM,
    "backup": q.BACKUP_IS_GOOD,
}
"""What must be so for a kind; a migration's need depends on whether data is damaged."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way, recommended or not: whether it is open, what it costs, and how it is typed."""

    kind: Kind
    title: str
    is_open: Known
    cost: Cost
    command: str


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """The recommendation, each way with its cost, and what it all rests on."""

    environment: str
    recommendation: Recommendation
    ways: tuple[Way, ...]
    facts: tuple[tuple[str, str], ...]
    """What was looked up: a name and what is known, in the order in which it is shown."""
    looks_well: str
    """Why nothing may be wrong at all; "" where something is, or too little is known."""
    hold: HoldAdvice
    seconds: float

    @property
    def chosen(self) -> Way:
        return next(way for way in self.ways if way.kind == self.recommendation.kind)


def advise(
    seen: Sighting,
    said: Said,
    code: CodeFacts | None,
    *,
    told: Mapping[str, Known],
    environment: str,
) -> Advice:
    """Walk the tree on what was seen, and on what a person `told` instead, by question. Pure."""
    known = {**answers(seen, said, code), **told}
    recommendation = recommend(known)
    hold = hold_advice(seen.hold, recommendation, environment=environment)
    return Advice(
        environment=environment,
        recommendation=recommendation,
        ways=tuple(_way(kind, seen, said, known, environment) for kind in (*KINDS, "roll-forward")),
        facts=(*facts_in_words(seen, code), ("on hold", hold.evidence)),
        looks_well=looks_well(seen, known[q.DATA_IS_DAMAGED.id]),
        hold=hold,
        seconds=seen.seconds,
    )


def _way(kind: Kind, seen: Sighting, said: Said, known: dict[str, Known], environment: str) -> Way:
    return Way(
        kind=kind,
        title=TITLES[kind],
        is_open=_is_open(kind, known),
        cost=COSTS[kind],
        command=command(kind, seen, said, environment),
    )


def _is_open(kind: Kind, known: dict[str, Known]) -> Known:
    if kind == "roll-forward":
        return Known(value=True, evidence="a new release can always be deployed")
    if kind == "migration":
        if known[q.DATABASE_ANSWERS.id].value is False:
            return no("the database does not answer")
        is_damaged = known[q.DATA_IS_DAMAGED.id].is_yes
        return known[(q.REVERSE_REPAIRS if is_damaged else q.REVERSE_IS_LOSSLESS).id]
    return known[NEEDS[kind].id]


def command(kind: Kind, seen: Sighting, said: Said, environment: str) -> str:
    """The command line of a way, as far as it is known; "" for rolling forward."""
    words: dict[Kind, tuple[str, ...]] = {
        "app": ("rollback", "app"),
        "migration": ("rollback", "migration", *_to_undo(seen)),
        "pitr": ("rollback", "pitr", *_before(seen, said), "--promote"),
        "backup": ("rollback", "backup", "--backup", "latest", "--promote"),
    }
    if kind not in words:
        return ""
    return shlex.join(["hrmsops", *words[kind], "-e", environment])


def _to_undo(seen: Sighting) -> tuple[str, ...]:
    since = migrations_since(seen)
    if not since:
        return ("APP", "--undo", "NAME")
    app, _, name = since[0].migration.partition(".")
    return (app, "--undo", name)


def _before(seen: Sighting, said: Said) -> tuple[str, ...]:
    since = migrations_since(seen)
    if said.since is None and since:
        return ("--before-migration", since[0].migration)
    harm = harm_began(seen, said)
    return ("--at", _stamp(harm) if harm else "TIME")


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def facts_in_words(seen: Sighting, code: CodeFacts | None) -> tuple[tuple[str, str], ...]:
    """Every fact as the operator reads it; what is not known says so and why."""
    service, before = seen.service.value, previous(seen)
    found = [
        ("serving", service.service.statuses.sentence() if service else _why(seen.service.why)),
        ("health", _health(seen)),
        ("requests", _requests(seen)),
        ("previous", f"{before.name}, {before.image}" if before else "no eligible revision"),
        ("migrations since", _since(seen, code)),
        ("database", _database(seen)),
        ("recovery window", _window(seen)),
        ("backups", _backups(seen)),
        ("held by", seen.holder or "nobody"),
    ]
    # The run that somebody holds the environment for is theirs to go on with.
    if left := [run for run in seen.unfinished if run not in seen.holder]:
        found.append(("unfinished", f"{', '.join(left)}: hrmsops resume"))
    return tuple(found)


def _requests(seen: Sighting) -> str:
    """Of the revisions that matter: those that serve, and the one before them."""
    if seen.requests.value is None:
        return _why(seen.requests.why)
    service, before = seen.service.value, previous(seen)
    serving = [name for name, _ in service.service.statuses.shares] if service else []
    judged = dict.fromkeys([*serving, *([before.name] if before else [])])
    return request_evidence.in_words(seen.requests.value, tuple(judged))


def _why(why: str) -> str:
    return f"unknown: {why}"


def _health(seen: Sighting) -> str:
    health = seen.health.value
    if health is None:
        return _why(seen.health.why)
    return f"{health.verdict}: {'; '.join(health.findings) or 'no health paths are configured'}"


def _since(seen: Sighting, code: CodeFacts | None) -> str:
    since = migrations_since(seen)
    if since is None:
        return _why(seen.schema.why or "no previous revision")
    if not since:
        return "none"
    classes = {name: each.kind for name, each in code.reversals.items()} if code else {}
    return ", ".join(
        f"{each.migration} at {each.at:%H:%M:%S} UTC"
        f" ({classes.get(each.migration, 'reverse unknown')})"
        for each in since
    )


def _database(seen: Sighting) -> str:
    facts = seen.backups.value
    state = "unknown" if facts is None else facts.instance.condition if facts.instance else "GONE"
    name = facts.active if facts else "?"
    if seen.schema.value is None:
        return f"{name} is {state}; {seen.schema.why}"
    checks = seen.schema.value.checks
    failed = [check for check, is_true in checks.items() if not is_true]
    told = f"{len(checks) - len(failed)} of {len(checks)} checks are true"
    return f"{name} is {state} and answers; {told}{': not ' + ', '.join(failed) if failed else ''}"


def _window(seen: Sighting) -> str:
    facts = seen.database.value
    if facts is None:
        return _why(seen.database.why)
    if facts.window is None:
        return "none: it keeps no logs, or does not run"
    window = facts.window
    return f"{window.earliest:%Y-%m-%d %H:%M:%S} to {window.latest:%Y-%m-%d %H:%M:%S} UTC"


def _backups(seen: Sighting) -> str:
    facts = seen.backups.value
    if facts is None:
        return _why(seen.backups.why)
    good = [each for each in facts.backups if each.is_good and facts.is_own(each)]
    ended = [each.ended_at for each in good if each.ended_at]
    newest = f", the newest of {max(ended):%Y-%m-%d %H:%M} UTC" if ended else ""
    return f"{len(good)} successful{newest}"
