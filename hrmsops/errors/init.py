"""Why `hrmsops init` did not write a configuration."""

from __future__ import annotations

from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class EnvironmentExists(HrmsopsError):
    """The environment to be added is in the configuration file already.

    `init` adds, and never changes or replaces what somebody wrote: edit the file for that.
    """

    code = "environment-exists"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str, name: str) -> None:
        super().__init__(
            what=f"{file} was left as it is.",
            why=f"It has [environments.{name}] already.",
            fix=f"Edit {file}, or add another: hrmsops init --environment OTHER",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="hrmsops.toml", name="production")


class AnswersNotUsable(HrmsopsError):
    """What was answered to `init`, or given in its flags, would make a file that cannot be used.

    The file was not written. Each answer is held to the same rules as the file itself.
    """

    code = "answers-not-usable"
    exit_code = ExitCode.USAGE

    def __init__(self, *, flag: str, why: str) -> None:
        super().__init__(
            what=f"{flag} cannot be used, and nothing was written.",
            why=why,
            fix=f"Run hrmsops init again with another {flag}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            flag="--region", why='"US Central" is not a region: regions look like us-central1.'
        )


class ConfigNotWritable(HrmsopsError):
    """The configuration file could not be written at the place that was named."""

    code = "config-not-writable"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str, problem: str) -> None:
        super().__init__(
            what=f"{file} cannot be written.",
            why=f"The system says: {problem}.",
            fix="hrmsops init --path FILE, in a folder that you may write",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="/etc/hrmsops.toml", problem="Permission denied")
