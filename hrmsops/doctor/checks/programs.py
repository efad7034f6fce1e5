"""Programs that some commands start, or that an operator falls back on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, good, warning
from hrmsops.doctor.commands import CODE, RECOVERIES

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`postgres` is a server's release and folder, "" where none was found; `gcloud` its path."""

    postgres: str
    gcloud: str


def look(_around: Around) -> Seen:
    from hrmsops.errors.postgres import PostgresNotFound
    from hrmsops.postgres.binaries import find_binaries
    from hrmsops.postgres.server_account import ServerAccount

    try:
        found = find_binaries(ServerAccount.of_this_process())
        postgres = f"{found.release} in {found.folder}"
    except PostgresNotFound:
        postgres = ""
    return Seen(postgres=postgres, gcloud=shutil.which("gcloud") or "")


def judge(seen: Seen) -> Iterator[Finding]:
    if seen.postgres:
        yield good(f"a PostgreSQL server for check --trace: {seen.postgres}")
    else:
        yield warning(
            "No PostgreSQL server is here: check --trace and drills need one",
            "pip install 'hrmsops[sandbox]'",
        )
    if seen.gcloud:
        yield good(f"gcloud: {seen.gcloud}")
    else:
        yield good("gcloud is not here; no command needs it")


CHECK = Check(
    title="programs",
    topic=Topic.MACHINE,
    place=2,
    asks="Which programs are here: a PostgreSQL server, gcloud?",
    commands=CODE | RECOVERIES,
    look=look,
    judge=judge,
)
