"""What can go wrong with the sandbox itself, and with talking to it."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class SandboxIsDown(HrmsopsError):
    """A command needs a running sandbox, and in this folder none runs.

    `hrmsops sandbox up --detach` brings it up, with everything that it held when it went down.
    Each folder is a sandbox of its own: `--dir` says which one is meant.
    """

    code = "sandbox-is-down"
    exit_code = ExitCode.USAGE

    def __init__(self, *, folder: Path) -> None:
        super().__init__(
            what="The sandbox does not run.",
            why=f"No daemon answers for {folder}.",
            fix=f"hrmsops sandbox up --detach --dir {folder}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path(".sandbox"))


class SandboxDidNotStart(HrmsopsError):
    """The sandbox's daemon was started, and ended or stayed silent.

    The reason is at the end of `logs/sandbox.log` in its folder. A port that is taken, a folder
    that cannot be written to, and PostgreSQL binaries that are missing are the usual ones; where
    the daemon knew a mend, it is this error's.
    """

    code = "sandbox-did-not-start"

    def __init__(self, *, folder: Path, last_words: str, fix: str = "") -> None:
        super().__init__(
            what="The sandbox did not come up.",
            why=last_words or "Its daemon said nothing within its time.",
            fix=fix or f"less {folder / 'logs' / 'sandbox.log'}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path(".sandbox"), last_words="OSError: [Errno 98] Address already in use")


class SandboxNotInstalled(HrmsopsError):
    """The sandbox deploys a Django application, and this hrmsops was installed without it.

    Whoever only works on a real environment needs none of it, so it is an extra: `sandbox`.
    """

    code = "sandbox-not-installed"
    exit_code = ExitCode.USAGE

    def __init__(self, *, missing: tuple[str, ...]) -> None:
        super().__init__(
            what="The sandbox cannot come up with this installation.",
            why=f"It needs {' and '.join(missing)} besides.",
            fix="python3 -m pip install 'hrmsops[sandbox]'",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(missing=("django", "waitress"))


class SandboxDidNotStop(HrmsopsError):
    """The sandbox was asked to go down, and its daemon still holds its folder.

    A revision that ignores SIGTERM, or a cluster that waits for a client, can keep it. What it
    still runs is in `processes` in its folder, one record each with the process id.
    """

    code = "sandbox-did-not-stop"

    def __init__(self, *, folder: Path) -> None:
        super().__init__(
            what="The sandbox did not go down.",
            why=f"A minute later a daemon still holds the lock of {folder}.",
            fix=f"Read {folder / 'logs' / 'sandbox.log'}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path(".sandbox"))


class SandboxRunsAlready(HrmsopsError):
    """A second daemon was started for the folder of a sandbox that runs.

    One daemon holds a folder: two would take each other's revisions and clusters for leftovers.
    """

    code = "sandbox-runs-already"
    exit_code = ExitCode.CONFLICT

    def __init__(self, *, folder: Path) -> None:
        super().__init__(
            what="This sandbox runs already.",
            why=f"Another daemon holds the lock of {folder}.",
            fix=f"hrmsops sandbox status --dir {folder}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path(".sandbox"))


class SandboxPortTaken(HrmsopsError):
    """The port that was asked for is held by another program.

    Without `--port` the sandbox takes a free one, and the same one again at its next start.
    """

    code = "sandbox-port-taken"
    exit_code = ExitCode.CONFLICT

    def __init__(self, *, port: int) -> None:
        super().__init__(
            what=f"The sandbox cannot listen on port {port}.",
            why="Another program on this machine listens there.",
            fix="hrmsops sandbox up --detach",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(port=8080)


class SandboxRefused(HrmsopsError):
    """The sandbox answered a call with an error.

    `http_code` and `status` are those of the reply, as Google's API would have sent them.
    """

    code = "sandbox-refused"

    def __init__(self, *, call: str, http_code: int, status: str, message: str) -> None:
        super().__init__(
            what=f"The sandbox refused: {message}",
            why=f"{call} was answered with {http_code} {status}.",
            fix="hrmsops sandbox status",
        )
        self.http_code, self.status, self.message = http_code, status, message

    @classmethod
    def example(cls) -> Self:
        return cls(
            call="POST /_sandbox/faults",
            http_code=400,
            status="INVALID_ARGUMENT",
            message="This is not a fault: Invalid enum value 'err' - at `$.kind`",
        )


class NotASandbox(HrmsopsError):
    """A folder was to be destroyed as a sandbox, and does not look like one.

    A sandbox's folder holds `state.db`. Nothing is deleted from any other folder.
    """

    code = "not-a-sandbox"
    exit_code = ExitCode.REFUSED

    def __init__(self, *, folder: Path) -> None:
        super().__init__(
            what=f"{folder} was left alone.",
            why="It holds no state.db, so it is not a sandbox's folder.",
            fix="Name the folder that `hrmsops sandbox up` printed, with --dir.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path("documents"))


class SandboxFolderUnusable(HrmsopsError):
    """The folder of a sandbox cannot be made or written.

    It holds databases, images and logs. `--dir` names another one; without it the sandbox is below
    `HRMSOPS_STATE_DIR`, else in the platform's folder for state.
    """

    code = "sandbox-folder-unusable"
    exit_code = ExitCode.USAGE

    def __init__(self, *, folder: Path, why: str) -> None:
        super().__init__(
            what=f"No sandbox can be in {folder}.",
            why=why,
            fix="Name a folder that you may write with --dir DIR.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path("/srv/sandbox"), why="Permission denied.")


class SandboxHasNoDatabases(HrmsopsError):
    """The passwords of a sandbox were asked for in which nothing was ever deployed.

    `hrmsops sandbox up` deploys the HRMS in miniature twice, unless it is told `--empty`. Each
    folder is a sandbox of its own: `--dir` says which one is meant.
    """

    code = "sandbox-has-no-databases"
    exit_code = ExitCode.USAGE

    def __init__(self, *, folder: Path) -> None:
        super().__init__(
            what=f"The sandbox in {folder} has no databases.",
            why="Nothing was deployed there, so there are no passwords either.",
            fix=f"hrmsops sandbox up --detach --dir {folder}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path(".sandbox"))


class SandboxDataGone(HrmsopsError):
    """The sandbox knows a database whose files are no longer there.

    PostgreSQL refuses to run as root, so a sandbox of root's keeps its clusters where the server's
    own user may go: in `/var/tmp`, unless its folder is such a place. Something that tidies up
    there has removed them. A sandbox is for rehearsals, so nothing of yours was in them: delete
    what is left of it, and bring another up.
    """

    code = "sandbox-data-gone"
    exit_code = ExitCode.REFUSED

    def __init__(self, *, folder: Path, instance: str, data: Path) -> None:
        super().__init__(
            what=f"The sandbox in {folder} has lost its database {instance}.",
            why=f"There are no data of a server in {data} any more.",
            fix=f"hrmsops sandbox down --destroy --yes --dir {folder}",
        )

    @classmethod
    def example(cls) -> Self:
        data = Path("/var/tmp/hrmsops-2ab7207353b163c3/hrms-pg/data")  # noqa: S108 - Only told.
        return cls(folder=Path(".sandbox"), instance="hrms-pg", data=data)


class DestructionUnconfirmed(HrmsopsError):
    """A sandbox was to be destroyed where nobody can be asked.

    `down --destroy` deletes the sandbox's folder: databases, images, logs. In a terminal it asks;
    a script says `--yes`.
    """

    code = "destruction-unconfirmed"
    exit_code = ExitCode.REFUSED

    def __init__(self, *, folder: Path) -> None:
        super().__init__(
            what=f"{folder} was not deleted.",
            why="There is no terminal to ask in, and --yes was not given.",
            fix=f"hrmsops sandbox down --destroy --yes --dir {folder}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path(".sandbox"))


class GcloudNotFound(HrmsopsError):
    """`sandbox gcloud` runs Google's own command line, which is not installed here.

    Nothing else of hrmsops needs it. https://cloud.google.com/sdk/docs/install says how to get it.
    """

    code = "gcloud-not-found"
    exit_code = ExitCode.USAGE

    def __init__(self) -> None:
        super().__init__(
            what="gcloud was not run.",
            why="There is no gcloud on PATH.",
            fix="Install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install",
        )

    @classmethod
    def example(cls) -> Self:
        return cls()
