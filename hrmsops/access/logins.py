"""The roles that hrmsops logs in as, and where the configuration has their passwords."""

from __future__ import annotations

from dataclasses import dataclass, field

from hrmsops.config.database_settings import Database


@dataclass(frozen=True, kw_only=True)
class Login:
    """A role, and what is said of its password; the first that gives one counts.

    `given` is what its own revision logs in with, "" where that is not known.
    """

    role: str
    iam: bool = False
    variable: str = ""
    given: str = field(default="", repr=False)
    secret: str = ""
    settings: str = "password_{}"
    """How the settings are called that name the variable (`env`) and the secret (`secret`)."""

    def setting(self, of: str) -> str:
        """The setting for the variable (`env`) or for the secret (`secret`)."""
        return self.settings.format(of)


def own(database: Database) -> Login:
    """The role that reads, migrates and writes."""
    return Login(
        role=iam_role(database.user) if database.iam else database.user,
        iam=database.iam,
        variable=database.password_env,
        secret=database.password_secret,
    )


def admin(database: Database) -> Login:
    """The role that closes and opens the application's roles."""
    if not database.admin_user:
        return own(database)
    is_iam = database.admin_iam
    return Login(
        role=iam_role(database.admin_user) if is_iam else database.admin_user,
        iam=is_iam,
        variable=database.admin_password_env,
        secret=database.admin_password_secret,
        settings="admin_password_{}",
    )


def of_application(database: Database, role: str, *, given: str) -> Login:
    """One of the application's own roles."""
    return Login(
        role=role,
        variable=database.app_password_envs.get(role, ""),
        given=given,
        secret=database.app_password_secrets.get(role, ""),
        settings="app_password_{}s",
    )


def iam_role(account: str) -> str:
    """The database role of an account: in small letters, a service account's without its suffix."""
    return account.lower().removesuffix(".gserviceaccount.com")
