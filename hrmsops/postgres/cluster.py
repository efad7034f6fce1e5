"""One PostgreSQL cluster: made from the template, started in its own session, found again."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.errors.postgres import ClusterDidNotStart, ClusterDidNotStop
from hrmsops.postgres.binaries import Binaries
from hrmsops.postgres.ports import LOOPBACK, can_listen, free_port
from hrmsops.postgres.server_account import ServerAccount
from hrmsops.postgres.settings import settings_for
from hrmsops.postgres.template import INCLUDED, SUPERUSER, cached_template

if TYPE_CHECKING:
    import psutil
    import psycopg

POLL_SECONDS = 0.01
PORTS_TRIED_MAX = 5
CONNECT_SECONDS_MAX = 5
FAST_STOP_SECONDS = 20.0
IMMEDIATE_STOP_SECONDS = 5.0
BIRTH_TOLERANCE_SECONDS = 30.0
"""Between a server's own birth and the start time that it wrote down, on a machine under load."""


class Cluster:
    """The cluster in one folder: `data`, `archive`, `server.log`.

    The server writes down itself who it is (`postmaster.pid`), so that one that an earlier process
    started is known again. Not safe to start and stop from many threads.
    """

    def __init__(
        self, folder: Path, *, binaries: Binaries, account: ServerAccount, password: str
    ) -> None:
        """`password`: that of the superuser `cloudsqladmin`."""
        self.folder, self.binaries, self._account = folder, binaries, account
        self._password = password
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.folder / "data"

    @property
    def archive(self) -> Path:
        """Every WAL segment that the server has finished, since its birth."""
        return self.folder / "archive"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def port(self) -> int:
        """Where it listens, or did when it ran last."""
        matched = re.search(r"^port = (\d+)$", (self.data / INCLUDED).read_text(), re.MULTILINE)
        assert matched
        return int(matched[1])

    def create(self, *, timeout_seconds: float) -> None:
        """Make the folder and everything in it, start it, and set the superuser's password.

        Raises FileExistsError, InitdbFailed, ClusterDidNotStart.
        """
        template = cached_template(self.binaries, self._account)
        self.folder.mkdir(mode=0o700, parents=True)
        self.archive.mkdir(mode=0o700)
        for path in (self.folder, self.archive):
            self._account.give(path)
        subprocess.run(["cp", "-Rp", template.data, self.data], check=True, cwd="/")
        self._write_settings(free_port())
        password, self._password = self._password, template.password
        self.start(timeout_seconds=timeout_seconds)
        with self.connect("postgres") as session:
            set_password(session, SUPERUSER, password)
        self._password = password

    def start(self, *, timeout_seconds: float) -> int:
        """Start it unless it runs, wait until it lets us in, and return its port.

        A port that another process has taken meanwhile is given up for another. Raises
        ClusterDidNotStart; no server is left then.
        """
        deadline = time.monotonic() + timeout_seconds
        for _ in range(PORTS_TRIED_MAX):
            if self.pid() is None:
                self._launch()
            if self._answers_before(deadline):
                return self.port
            self.stop()
            if time.monotonic() > deadline or can_listen(self.port):
                break
        raise ClusterDidNotStart(folder=self.folder, log=self._log_text())

    def stop(self) -> None:
        """End it, politely first; it is fine when it does not run. Raises ClusterDidNotStop."""
        pid = self.pid()
        for number, seconds in (
            (signal.SIGINT, FAST_STOP_SECONDS),
            (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS),
            (signal.SIGKILL, IMMEDIATE_STOP_SECONDS),
        ):
            if self._ends_after(number, seconds):
                return
        raise ClusterDidNotStop(folder=self.folder, pid=pid or 0)

    def destroy(self) -> None:
        """End it and remove the folder."""
        if self.folder.exists():
            self.stop()
            shutil.rmtree(self.folder, ignore_errors=True)  # Another daemon may be sweeping too.

    def pid(self) -> int | None:
        """The server's process, whoever started it; None when it does not run."""
        server = self._server()
        return server.pid if server else None

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """A session of the superuser, in autocommit: for what Cloud SQL itself would do."""
        import psycopg

        # Everything is said, so that no PG… variable of the shell has a say.
        return psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            dbname=database,
            user=SUPERUSER,
            password=self._password,
            connect_timeout=CONNECT_SECONDS_MAX,
            application_name="hrmsops sandbox",
            options="",
            sslmode="disable",
            gssencmode="disable",
            autocommit=True,
        )

    def _launch(self) -> None:
        self._forget_stranger()
        if not can_listen(self.port):
            self._write_settings(free_port())
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [self.binaries.folder / "postgres", "-D", self.data],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": f"{self.binaries.folder}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                cwd="/",
                start_new_session=True,
                **self._account.popen,
            )

    def _answers_before(self, deadline: float) -> bool:
        import psycopg

        while time.monotonic() < deadline:
            if self._child is not None and self._child.poll() is not None:
                return False
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(POLL_SECONDS)
                continue
            # Another server may have taken the port just before ours.
            return self.pid() is not None
        return False

    def _ends_after(self, number: signal.Signals, seconds: float) -> bool:
        import psutil

        server = self._server()
        if server is None:
            return self._reap()
        try:
            # A server's processes lead sessions of their own: they are killed one by one.
            family = server.children(recursive=True) if number == signal.SIGKILL else []
            for process in (server, *family):
                process.send_signal(number)
        except psutil.NoSuchProcess:
            return self._reap()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._server() is None:
                return self._reap()
            time.sleep(POLL_SECONDS)
        return False

    def _reap(self) -> bool:
        """Take note of the end of a child of ours, a server or one that never became it."""
        if self._child is not None:
            if self._child.poll() is None:
                self._child.kill()
            self._child.wait(IMMEDIATE_STOP_SECONDS)
            self._child = None
        return True

    def _server(self) -> psutil.Process | None:
        """The running server of this folder: by pid, birth and command line, not by pid alone."""
        import psutil

        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            process = psutil.Process(int(lines[0]))
            is_ours = str(self.data) in process.cmdline()
            is_as_old = abs(process.create_time() - int(lines[2])) < BIRTH_TOLERANCE_SECONDS
            is_alive = process.status() != psutil.STATUS_ZOMBIE
        except (FileNotFoundError, IndexError, ValueError, psutil.Error):
            return None
        return process if is_ours and is_as_old and is_alive else None

    def _forget_stranger(self) -> None:
        """Remove a dead server's pid that another process bears: PostgreSQL would refuse."""
        import psutil

        path = self.data / "postmaster.pid"
        if path.exists() and psutil.pid_exists(int(path.read_text().split()[0])):
            path.unlink()

    def _write_settings(self, port: int) -> None:
        path = self.data / INCLUDED
        path.write_text(settings_for(port=port, version=self.binaries.version))
        self._account.give(path)

    def _log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def set_password(session: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> None:
    """Give a role a password in the form that is stored, so that no log can ever show it."""
    from psycopg import sql

    verifier = session.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    session.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
    )
