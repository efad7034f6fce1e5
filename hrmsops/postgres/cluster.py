"""One PostgreSQL cluster: made from the template, started in its own session, found again."""

from __future__ import annotations

import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.errors.postgres import ClusterDidNotStart, ClusterDidNotStop
from hrmsops.postgres.binaries import Binaries
from hrmsops.postgres.passwords import set_password
from hrmsops.postgres.ports import LOOPBACK, can_listen, free_port
from hrmsops.postgres.server_account import ServerAccount
from hrmsops.postgres.server_process import first_address, forget_stranger, server_of
from hrmsops.postgres.settings import FLAGS, flag_lines, settings_for
from hrmsops.postgres.template import INCLUDED, SUPERUSER, cached_template

if TYPE_CHECKING:
    import psycopg

POLL_SECONDS = 0.01
PORTS_TRIED_MAX = 5
CONNECT_SECONDS_MAX = 5
FAST_STOP_SECONDS = 20.0
IMMEDIATE_STOP_SECONDS = 5.0


class Cluster:
    """The cluster in one folder: `data`, `archive`, `server.log`.

    The server writes down itself who it is (`postmaster.pid`), so that one that an earlier process
    started is known again. Not safe to start and stop from many threads.
    """

    def __init__(
        self,
        folder: Path,
        *,
        binaries: Binaries,
        account: ServerAccount,
        password: str,
        address: str = LOOPBACK,
    ) -> None:
        """`password`: that of the superuser `cloudsqladmin`; `address`: one more to listen on."""
        self.folder, self.binaries, self._account = folder, binaries, account
        self._password = password
        # 127.0.0.1 comes first: it is the one that the server writes down where it has it.
        self._addresses = tuple(dict.fromkeys((LOOPBACK, address)))
        self._port: int | None = None
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
        """Where it listens, or did when it ran last; FileNotFoundError where it never did."""
        try:
            text = (self.data / INCLUDED).read_text()
        except FileNotFoundError:
            if self._port is None:  # While data are replaced, the port is the one they had.
                raise
            return self._port
        matched = re.search(r"^port = (\d+)$", text, re.MULTILINE)
        assert matched
        self._port = int(matched[1])
        return self._port

    def create(self, *, timeout_seconds: float) -> None:
        """Make the folder and everything in it, start it, and set the superuser's password.

        Raises FileExistsError, InitdbFailed, ClusterDidNotStart.
        """
        template = cached_template(self.binaries, self._account)
        self.folder.mkdir(mode=0o700, parents=True)
        self.receive(template.data)
        self.start_as(template.password, timeout_seconds=timeout_seconds)

    def receive(self, source: Path) -> None:
        """Make its data a copy of `source`, and its archive empty; it must not run.

        The port stays, and no flag does. What a call that was cut short left behind is removed.
        """
        port = self._port_or_free()
        incoming, outgoing = self.folder / "data.incoming", self.folder / "data.outgoing"
        self.make_folder(self.folder)
        for leftover in (incoming, outgoing):
            shutil.rmtree(leftover, ignore_errors=True)
        subprocess.run(["cp", "-Rp", source, incoming], check=True, cwd="/")
        (incoming / FLAGS).unlink(missing_ok=True)
        self.write(incoming / INCLUDED, settings_for(port=port, version=self.binaries.version))
        if self.data.exists():
            self.data.rename(outgoing)
        incoming.rename(self.data)
        for old in (outgoing, self.archive):
            shutil.rmtree(old, ignore_errors=True)
        self.make_folder(self.archive)

    def start_as(self, password: str, *, timeout_seconds: float) -> None:
        """Start data whose superuser has another `password`, and give it this cluster's.

        Raises ClusterDidNotStart.
        """
        ours, self._password = self._password, password
        try:
            self.start(timeout_seconds=timeout_seconds)
            with self.connect("postgres") as session:
                set_password(session, SUPERUSER, ours)
        finally:
            self._password = ours

    def set_flags(self, flags: Mapping[str, str]) -> None:
        """Write the owner's settings, all of them; they hold from the next start on."""
        self.write(self.data / FLAGS, flag_lines(flags))

    def lose(self) -> None:
        """Kill the server and lose data and archive; only where it listened is still known."""
        text = settings_for(port=self.port, version=self.binaries.version)
        self._ends_after(signal.SIGKILL, IMMEDIATE_STOP_SECONDS)
        self.destroy()
        for folder in (self.folder, self.data):
            self.make_folder(folder)
        self.write(self.data / INCLUDED, text)

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
            is_elsewhere = self._is_elsewhere()
            self.stop()
            if is_elsewhere:
                self._write_settings(free_port())
            elif time.monotonic() > deadline or self._can_listen():
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
        server = server_of(self.data)
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

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the server's programs as its user, logged in as the superuser."""
        return subprocess.run(
            [str(self.binaries.folder / program), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                "PATH": f"{self.binaries.folder}:/usr/bin:/bin",
                "LC_ALL": "C",
                "TZ": "UTC",
                "PGHOST": LOOPBACK,
                "PGPORT": str(self.port),
                "PGUSER": SUPERUSER,
                "PGPASSWORD": self._password,
                "PGSSLMODE": "disable",
                "PGGSSENCMODE": "disable",
                "PGCONNECT_TIMEOUT": str(CONNECT_SECONDS_MAX),
            },
            cwd="/",
            **self._account.popen,
        )

    def make_folder(self, folder: Path) -> None:
        """Make a folder that the server's user may write to, for its user alone."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._account.give(folder)

    def write(self, path: Path, text: str) -> None:
        """Write a file that belongs to the server's user; a reader finds the old or the new one."""
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.write_text(text)
        self._account.give(draft)
        draft.replace(path)

    def _launch(self) -> None:
        forget_stranger(self.data)
        if not self._can_listen():
            self._write_settings(free_port())
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [
                    *(self.binaries.folder / "postgres", "-D", self.data),
                    *("-c", f"listen_addresses={','.join(self._addresses)}"),
                ],
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
            if self._is_elsewhere():
                return False
            if first_address(self.data) is None:
                time.sleep(POLL_SECONDS)
                continue
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(POLL_SECONDS)
                continue
            return True
        return False

    def _is_elsewhere(self) -> bool:
        """Whether its server runs and another has its port of 127.0.0.1, taken just before it.

        PostgreSQL warns and goes on where it gets one of several addresses. Whoever logs in at
        127.0.0.1 then meets the other: a new cluster too, whose password is the template's.
        """
        return first_address(self.data) not in (None, LOOPBACK)

    def _can_listen(self) -> bool:
        return all(can_listen(self.port, address=each) for each in self._addresses)

    def _ends_after(self, number: signal.Signals, seconds: float) -> bool:
        import psutil

        server = server_of(self.data)
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
            if server_of(self.data) is None:
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

    def _write_settings(self, port: int) -> None:
        text = settings_for(port=port, version=self.binaries.version)
        self.write(self.data / INCLUDED, text)

    def _port_or_free(self) -> int:
        try:
            return self.port
        except FileNotFoundError:
            return free_port()

    def _log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""
