"""Why no environment, or not this one, could be taken from the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.config import listed


class NoEnvironment(HrmsopsError):
    """The command works on an environment, and no configuration describes one.

    hrmsops looks for `hrmsops.toml`, or for `[tool.hrmsops]` in `pyproject.toml`, in the working
    directory and then in each folder above it.
    """

    code = "no-environment"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str | None, searched_from: str) -> None:
        found = f"{file} has no [environments.NAME]." if file else "No hrmsops.toml was found."
        super().__init__(
            what="There is no environment to work on.",
            why=f"{found} The search went from {searched_from} upwards.",
            fix="hrmsops init",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file=None, searched_from="/srv/hrms")


class UnknownEnvironment(HrmsopsError):
    """The environment that was named is not in the configuration file."""

    code = "unknown-environment"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str, name: str, known: Sequence[str], nearest: str | None) -> None:
        super().__init__(
            what=f"There is no environment {name}.",
            why=f"{file} has {listed(known)}.",
            fix=f"--env {nearest or known[0]}" if known else f"hrmsops init --environment {name}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            file="hrmsops.toml",
            name="prod",
            known=["production", "staging"],
            nearest="production",
        )


class EnvironmentNotNamed(HrmsopsError):
    """The configuration offers a choice, or only a protected environment, and none was named.

    A protected environment is never picked by itself, not even where it is the only one: its name
    has to be typed. `HRMSOPS_ENV` names one that is not protected for a whole terminal session.
    """

    code = "environment-not-named"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str, known: Sequence[str], protected: Sequence[str]) -> None:
        guarded = f" Protected: {listed(protected)}." if protected else ""
        super().__init__(
            what="The environment is not named.",
            why=f"{file} has {listed(known)}.{guarded}",
            fix=f"--env {known[0]}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="hrmsops.toml", known=["production", "staging"], protected=["production"])


class ProtectedFromVariable(HrmsopsError):
    """`HRMSOPS_ENV` named a protected environment.

    A variable that was exported an hour ago in this terminal must not be what points a rollback at
    production. A protected environment is named on the command line, each time.
    """

    code = "protected-from-variable"
    exit_code = ExitCode.USAGE

    def __init__(self, *, name: str) -> None:
        super().__init__(
            what=f"HRMSOPS_ENV may not select {name}.",
            why=f"{name} is protected.",
            fix=f"--env {name}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(name="production")


class DatabaseNotConfigured(HrmsopsError):
    """The command opens the environment's database, and the configuration does not say how."""

    code = "database-not-configured"
    exit_code = ExitCode.USAGE

    def __init__(self, *, environment: str) -> None:
        super().__init__(
            what=f"It is not configured how the database of {environment} is reached.",
            why=f"There is no [environments.{environment}.database].",
            fix=f"Add name and user under [environments.{environment}.database].",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(environment="production")


class PasswordMissing(HrmsopsError):
    """No source has the password of a role that the command logs in as.

    They are asked in this order: an access token where `iam = true`; the variable that
    `password_env` names; the secret that `password_secret` names; the password file of
    PostgreSQL's own clients (`PGPASSFILE`, else `~/.pgpass`, by libpq's rules, closed to others).
    `admin_user` has settings of its own, and the application's roles have `app_password_envs` and
    `app_password_secrets`. A password is never taken from an argument, and never written to a
    record.
    """

    code = "password-missing"
    exit_code = ExitCode.USAGE

    def __init__(
        self, *, user: str, variable: str, said: tuple[str, ...] = (), fix: str = ""
    ) -> None:
        mend = (
            # Typed behind it: neither on the screen nor in the shell's history.
            f"read -rs {variable} && export {variable}"
            if variable
            else 'Set password_env = "HRMSOPS_PASSWORD" in [environments.NAME.database].'
        )
        why = "; ".join(said) or "no source is configured"
        super().__init__(
            what=f"The password of {user} is missing.",
            why=f"{why[0].upper()}{why[1:]}.",
            fix=fix or mend,
        )

    @classmethod
    def example(cls) -> Self:
        said = (
            "the variable HRMSOPS_PASSWORD is not set",
            "no password_secret is configured",
            "there is no /home/ama/.pgpass",
        )
        return cls(user="hrms_ops", variable="HRMSOPS_PASSWORD", said=said)
