"""Whether the record can be read, and whether others can go on with what was begun here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, unknown, warning
from hrmsops.doctor.commands import CHANGES, KEPT, RECORD
from hrmsops.doctor.words import span
from hrmsops.errors.record import StoreForbidden, made, proposed, unretained

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.gcp.bucket_habits import Habits


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`where` as it is configured; `runs` of this service are on record there.

    `habits` None: it is in no bucket, nothing is to be written, or, as `blind` says, they may not
    be seen.
    """

    environment: str
    project: str
    region: str
    where: str
    runs: int
    is_shared: bool
    is_protected: bool
    is_sandbox: bool
    habits: Habits | None = None
    blind: str = ""


def look(around: Around) -> Seen:
    environment = around.world.environment
    seen = Seen(
        environment=environment.name,
        project=environment.project,
        region=environment.region,
        where=environment.store,
        runs=len(around.runs),
        is_shared=around.world.store.is_shared,
        is_protected=environment.protected,
        is_sandbox=bool(environment.endpoint),
    )
    writes = around.commands & (CHANGES | KEPT)
    return _with_habits(seen, around) if seen.is_shared and writes else seen


def _with_habits(seen: Seen, around: Around) -> Seen:
    from hrmsops.gcp.bucket import GcsStore

    store = GcsStore.at(seen.where, clients=around.world.clients, project=seen.project)
    try:
        return msgspec.structs.replace(seen, habits=store.habits())
    except StoreForbidden as error:
        return msgspec.structs.replace(seen, blind=error.why)


def judge(seen: Seen) -> Iterator[Finding]:
    told = f"{seen.where}, {seen.runs} runs of this service"
    if seen.is_shared or not seen.is_protected or seen.is_sandbox:
        yield good(told)
    else:
        store = proposed(seen.project)
        yield Finding(
            state="bad",
            says=f"{told}: nobody else sees them, so that changes are refused (local-record)",
            more=(f'Once it is made, in [environments.{seen.environment}]: store = "{store}"',),
            mend=made(store, project=seen.project, region=seen.region),
        )
    if seen.habits:
        yield from _of_bucket(seen, seen.habits)
    elif seen.blind:
        yield unknown(f"Whether it lets a lease be written over is not told: {seen.blind}")


def _of_bucket(seen: Seen, habits: Habits) -> Iterator[Finding]:
    """What would break a lease is red, what would lose or pile up records a warning."""
    bucket = "/".join(seen.where.split("/")[:3])
    update = f"gcloud storage buckets update {bucket}"
    if habits.keeps_for:
        yield _retained(seen, habits.keeps_for, is_locked=habits.is_locked)
    if habits.holds_each:
        says = f"{bucket} puts a hold on each object: no lease can be written over"
        yield bad(says, f"{update} --no-default-event-based-hold")
    if habits.deletes_by_rule:
        says = f"A lifecycle rule of {bucket} deletes records, unfinished runs with them"
        yield warning(says, f"{update} --clear-lifecycle")
    if habits.has_versions:
        says = f"{bucket} keeps versions: a lease leaves one behind every ten seconds"
        yield warning(says, f"{update} --no-versioning")
    if not habits.comes_back_for:
        says = f"Soft delete is off in {bucket}: a record deleted by mistake is gone"
        yield warning(says, f"{update} --soft-delete-duration=7d")


def _retained(seen: Seen, period: timedelta, *, is_locked: bool) -> Finding:
    says = f"Its retention policy keeps each object for {span(period)}"
    if not is_locked:
        return bad(f"{says}: no lease can be written over", unretained(seen.where))
    return bad(
        f"{says}, and is locked for good: no lease can be written over",
        f"Name another bucket in store, in [environments.{seen.environment}].",
    )


CHECK = Check(
    title="store",
    topic=Topic.RECORD,
    place=1,
    asks="Can the record be read, is it shared, and does its bucket suit it?",
    commands=CHANGES | RECORD,
    look=look,
    judge=judge,
)
