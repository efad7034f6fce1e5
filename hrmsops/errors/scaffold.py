"""Why `hrmsops init` did not write into the HRMS's repository."""

from __future__ import annotations

from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class FileNotWritable(HrmsopsError):
    """A file of the HRMS's repository could not be read or written.

    Each file is written whole or not at all. Those before it are in their places; to run the same
    command again leaves them as they are.
    """

    code = "file-not-writable"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str, problem: str) -> None:
        super().__init__(
            what=f"{file} cannot be written.",
            why=f"The system says: {problem}.",
            fix="Make room or rights for it, and run the same command again.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="scripts/migration/run-migrations.sh", problem="Permission denied")


class GithubNotConfigured(HrmsopsError):
    """No environment says how GitHub Actions log in to it, so no workflow could do anything there.

    They log in without a key: a workload identity provider trusts the repository, and a service
    account is what the workflows act as. The guide on CI has the commands that make both.
    """

    code = "github-not-configured"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str | None, environment: str) -> None:
        super().__init__(
            what="No workflow was written.",
            why=f"{file or 'The configuration'} has no [environments.{environment}.github].",
            fix=(
                f"Add [environments.{environment}.github] with identity_provider, "
                "service_account and image."
            ),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="hrmsops.toml", environment="production")


class OutsideRepository(HrmsopsError):
    """What a workflow has to read lies outside of the repository that GitHub checks out.

    Workflows are written into `.github/workflows` of the repository around the configuration.
    """

    code = "outside-repository"
    exit_code = ExitCode.USAGE

    def __init__(self, *, path: str, root: str) -> None:
        super().__init__(
            what=f"{path} is outside of {root}.",
            why="A workflow has only what is in the repository.",
            fix="Move it into the repository, or run hrmsops init --github in the one that has it.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(path="/srv/hrms/backend", root="/srv/operations")
