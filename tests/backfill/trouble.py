"""Trouble of a real server, for as long as a test needs it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hrmsops.postgres.backup import take_backup
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.server_account import remove_stand_in
from tests.postgres.conftest import ACCOUNT, Server

PASSWORD = "only the tests know"
WRITE_WAL = (
    "SELECT pg_logical_emit_message(false, '', repeat('x', 1 << 20)) FROM generate_series(1, 4)"
)
"""Four MiB of it."""


def server_runs(server: Server, *statements: str) -> None:
    with server.cluster.connect("postgres") as session:
        for each in statements:
            session.execute(each.encode())


@contextmanager
def stuck_archive(server: Server) -> Iterator[Callable[[], None]]:
    """Within, no segment is archived, until that is called."""

    def relieve() -> None:
        server_runs(
            server, "ALTER SYSTEM RESET archive_command", "SELECT pg_reload_conf()",
            "SELECT pg_logical_emit_message(true, '', 'x')", "SELECT pg_switch_wal()",
        )  # fmt: skip

    server_runs(server, "ALTER SYSTEM SET archive_command = 'false'", "SELECT pg_reload_conf()")
    try:
        until(lambda: asked(server, "SHOW archive_command") == "false")
        failed = "SELECT failed_count FROM pg_stat_archiver"
        before = asked(server, failed)
        server_runs(server, WRITE_WAL, "SELECT pg_switch_wal()")
        until(lambda: asked(server, failed) > before)
        yield relieve
    finally:
        relieve()


@contextmanager
def replica(server: Server) -> Iterator[Cluster]:
    """A standby of the tests' server that has caught up."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-standby-") as name:
        wanted = Path(name) / "clusters"
        folder, primary = ACCOUNT.folder_for(wanted), server.cluster
        standby = Cluster(
            folder / "standby", binaries=primary.binaries, account=ACCOUNT, password=PASSWORD
        )
        try:
            take_backup(primary, folder / "copy")
            standby.make_folder(folder / "standby")
            standby.receive(folder / "copy" / "data")
            standby.set_flags(
                {
                    "archive_mode": "off",
                    "primary_conninfo": f"host=127.0.0.1 port={primary.port}"
                    f" user=cloudsqladmin password='{PASSWORD}' sslmode=disable",
                }
            )
            standby.write(standby.data / "standby.signal", "")
            standby.start(timeout_seconds=60)
            until(
                lambda: (
                    asked(
                        server, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
                    )
                    > 0
                )
            )
            yield standby
        finally:
            standby.destroy()
            remove_stand_in(wanted)


def asked(server: Server, sql: str) -> Any:
    with server.cluster.connect("postgres") as session:
        row = session.execute(sql.encode()).fetchone()
    assert row
    return row[0]


def until(holds: Callable[[], bool], *, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "It did not come to pass."
        time.sleep(0.02)
