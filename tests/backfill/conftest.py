"""The HRMS in miniature on a server of the tests, and its command line without waiting for it."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from hrmsops.postgres.session import Target, connect
from hrmsops.sandbox.releases import build
from tests.command_line import DEADLINE_SECONDS, ROOT
from tests.forked import ForkServer
from tests.postgres.conftest import Server, server

__all__ = ["server"]

ZYGOTE = Path(__file__).with_name("zygote.py")


ODD = """
from django.apps import apps
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute('CREATE SCHEMA "Side"')
with connection.schema_editor() as editor:
    for model in apps.get_app_config("employees").get_models():
        meta = model._meta
        if model.__module__.endswith("odd_models") and meta.managed and not meta.proxy:
            editor.create_model(model)
"""
FORGET = """
    DO $$ BEGIN IF to_regclass('hrmsops.backfills') IS NOT NULL THEN
        DELETE FROM hrmsops.backfills; END IF; END $$
"""
SLIPS = """
    CREATE TABLE employees_slip (id bigint GENERATED ALWAYS AS IDENTITY, paid date,
        label varchar(20), n integer, kind smallint, note integer, PRIMARY KEY (id, paid))
        PARTITION BY RANGE (paid);
    CREATE TABLE slip_2023 PARTITION OF employees_slip
        FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
    CREATE TABLE slip_2024 PARTITION OF employees_slip
        FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
"""


@dataclass(frozen=True)
class Typed:
    """How a command line ended."""

    code: int
    out: str
    err: str


class Zygote:
    """The project's Django, loaded once."""

    def __init__(self, project: Path, server: Server, *, user: str = "hrms_app") -> None:
        target = server.target("postgres", user)
        own = {
            "DJANGO_SETTINGS_MODULE": "hrms.settings",
            "PYTHONPATH": str(ROOT),
            "DB_HOST": target.host,
            "PGPORT": str(target.port),
            "DB_NAME": "postgres",
            "DB_USER": target.user,
            "DB_PASSWORD": target.password,
        }
        self._server = ForkServer(str(ZYGOTE), folder=project, variables=os.environ | own)

    def ask(
        self,
        *words: str,
        kill_when_told: str = "",
        kill_after: float | None = None,
        out: Path | None = None,
        **asked: str,
    ) -> Typed:
        """How it ended; killed so many seconds after it has written that, or written to `out`."""
        begun = self._server.start(*words, **asked, **({"out": str(out)} if out else {}))
        told = ""
        if kill_after is not None:
            told = _read_until(kill_when_told, begun.stdout)
            time.sleep(kill_after)
            begun.kill()
        rest, err = begun.communicate(timeout=DEADLINE_SECONDS)
        code = begun.wait()
        return Typed(code=code, out=out.read_text() if out else told + rest, err=err)

    def end(self) -> None:
        self._server.close()


def _read_until(words: str, stream: IO[str]) -> str:
    """What has been written when those words have been, or all of it."""
    told = b""
    while words.encode() not in told and (piece := os.read(stream.fileno(), 4096)):
        told += piece
    return told.decode(errors="replace")


@dataclass(frozen=True)
class Hrms:
    """A database of the miniature, and what is typed at its manage.py."""

    zygote: Zygote
    target: Target

    def backfill(self, words: str, **kill: Any) -> Typed:
        """`manage.py backfill_data …`."""
        return self.manage(f"backfill_data {words}", **kill)

    def manage(self, words: str, **kill: Any) -> Typed:
        return self.zygote.ask(*shlex.split(words), database=self.target.database, **kill)

    def python(self, source: str, **kill: Any) -> Typed:
        """A program of the project's, in its Django; what it says can be read along in `out`."""
        return self.zygote.ask(python=source, database=self.target.database, **kill)

    def run(self, sql: str) -> None:
        with connect(self.target) as session:
            session.execute(sql.encode())

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with connect(self.target) as session:
            return session.execute(sql.encode()).fetchall()

    def value(self, sql: str) -> Any:
        return self.query(sql)[0][0]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("2024.2", tmp_path_factory.mktemp("backfill") / "project")


@pytest.fixture(scope="session")
def zygote(project: Path, server: Server) -> Iterator[Zygote]:
    made = Zygote(project, server)
    yield made
    made.end()


@pytest.fixture(scope="session")
def migrated(zygote: Zygote, server: Server) -> str:
    """A database with the miniature's tables and 60 employees, to be copied."""
    name = server.database()
    for words in (["migrate", "--verbosity", "0"], ["generate", "--employees", "60"]):
        ended = zygote.ask(*words, database=name)
        assert ended.code == 0, ended.err
    return name


@pytest.fixture
def hrms(zygote: Zygote, server: Server, migrated: str) -> Hrms:
    name = server.database(like=migrated)
    return Hrms(zygote=zygote, target=server.target(name, "hrms_app"))


@pytest.fixture(scope="module")
def untouched(zygote: Zygote, server: Server, migrated: str) -> Hrms:
    """A database for what writes nothing."""
    name = server.database(like=migrated)
    return Hrms(zygote=zygote, target=server.target(name, "hrms_app"))


@pytest.fixture(scope="session")
def odd(zygote: Zygote, server: Server) -> Hrms:
    """A database with a table for each of the odd models."""
    made = Hrms(zygote=zygote, target=server.target(server.database(), "hrms_app"))
    told = made.python(ODD)
    assert told.code == 0, told.err
    made.run(SLIPS)
    return made


Fill = Callable[[int], None]


@pytest.fixture
def fill(hrms: Hrms) -> Fill:
    """That many import records, and nothing else in their table."""

    def filled(rows: int) -> None:
        hrms.run(
            "TRUNCATE imports_importrecord RESTART IDENTITY;"
            "INSERT INTO imports_importrecord (source, row_number, status, created_at)"
            f" SELECT 'generated', 0, 'NEW', now() FROM generate_series(1, {rows});"
            "ANALYZE imports_importrecord"
        )

    return filled
