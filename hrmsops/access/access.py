"""A login at the database of an instance, put together: its way, its password, its limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hrmsops.access.logins import Login
from hrmsops.access.passwords import Hosts, Password, Passwords

if TYPE_CHECKING:
    from hrmsops.config.database_settings import Database
    from hrmsops.gcp.sql_resources import Instance
    from hrmsops.postgres.session import Target, Way
    from hrmsops.relay.ways import Ways

READING_STATEMENT_MAX = timedelta(minutes=10)
"""A comparison reads whole tables; it takes no lock that anyone waits for."""
LOCK_MAX = timedelta(seconds=10)
PORT = 5432
_RUN = re.compile(r"hrmsops (\d{6}-\d{6}-[0-9a-f]{4})\b.*")


@dataclass(frozen=True, kw_only=True)
class Access:
    """How the databases of one environment are logged in to.

    `ways` makes what leads to an instance, and is asked only where a target is wanted.
    """

    database: Database
    passwords: Passwords
    ways: Callable[[], Ways]

    def target(self, login: Login, instance: Instance, *, name: str) -> Target:
        """Where `login` reaches `instance`; `name` is the session's. Raises PasswordMissing."""
        from hrmsops.postgres.session import Target, Timeouts

        password = self.password(login, instance)
        way = self.ways().to(instance, run=_run_in(name))
        return Target(
            host=way.host if way else instance.address,
            port=way.port if way else instance.port,
            way=way,
            database=self.database.name,
            user=login.role,
            password=password.read(),
            password_source=password.source,
            fresh_password=password.read if password.expires else None,
            sslmode=_sslmode(way, login),
            application_name=name,
            timeouts=Timeouts(
                statement=READING_STATEMENT_MAX,
                lock=LOCK_MAX,
                idle_in_transaction=READING_STATEMENT_MAX,
            ),
        )

    def password(self, login: Login, instance: Instance | None) -> Password:
        """Where it comes from; None is an instance that is still to be made.

        Raises PasswordMissing.
        """
        return self.passwords.of(login, database=self.database.name, hosts=_hosts(instance))


def _run_in(application_name: str) -> str:
    """The run that a session belongs to, "" where it belongs to none."""
    found = _RUN.fullmatch(application_name)
    return found[1] if found else ""


def _sslmode(way: Way | None, login: Login) -> str:
    """A token is worth as much as its account: it goes nowhere unencrypted.

    A tunnel encrypts by itself, and the server at its end offers no encryption within it.
    """
    if way and way.is_encrypted:
        return "disable"
    return "require" if login.iam else "prefer"


def _hosts(instance: Instance | None) -> Hosts:
    """What a line of the password file may call it: its address, or its connection name."""
    if instance is None:
        return (("", PORT),)
    names = (instance.address, instance.connection_name)
    return tuple((name, instance.port) for name in names if name)
