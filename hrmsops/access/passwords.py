"""Where a role's password comes from: the first source that has one, and why the others have not.

The order is IAM, the variable, what the role's own revision has, Secret Manager, the password file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from hrmsops.access.logins import Login
from hrmsops.errors.environments import PasswordMissing

if TYPE_CHECKING:
    from hrmsops.gcp.clients import Clients
    from hrmsops.gcp.login_tokens import LoginTokens
    from hrmsops.gcp.secret_manager import SecretManager

Hosts = Sequence[tuple[str, int]]
"""The names and ports that a line of the password file may have for an instance."""


@dataclass(frozen=True, kw_only=True)
class Password:
    """Where it comes from, for people, and how it is had: not before it is needed.

    One that `expires` is asked for again at each connection.
    """

    source: str
    read: Callable[[], str] = field(repr=False)
    expires: bool = False


@dataclass(frozen=True, kw_only=True)
class Nowhere:
    """Why one source has none; `fix` where a command mends just that."""

    why: str
    fix: str = ""


@dataclass(kw_only=True)
class Passwords:
    """The passwords of one environment; a secret is read once for each process."""

    clients: Clients
    secret_manager: SecretManager
    mend: str = ""
    """What is typed where no source has one, and none has a mend of its own."""
    _read: dict[str, str] = field(default_factory=dict, repr=False)

    def of(self, login: Login, *, database: str, hosts: Hosts) -> Password:
        """Raises PasswordMissing, with what each source said."""
        said: list[Nowhere] = []
        for found in (
            self._token(login),
            _variable(login),
            _given(login),
            self._secret(login),
            _file(login, database, hosts),
        ):
            if isinstance(found, Password):
                return found
            if found:
                said.append(found)
        fix = next((each.fix for each in said if each.fix), self.mend)
        why = tuple(each.why for each in said)
        raise PasswordMissing(user=login.role, variable=login.variable, said=why, fix=fix)

    def _token(self, login: Login) -> Password | None:
        if not login.iam:
            return None
        source = f"IAM: an access token of {self.clients.account}"
        return Password(source=source, read=self._tokens.fresh, expires=True)

    @cached_property
    def _tokens(self) -> LoginTokens:
        from hrmsops.gcp.login_tokens import LoginTokens

        return LoginTokens(self.clients)

    def _secret(self, login: Login) -> Password | Nowhere:
        if not login.secret:
            return Nowhere(why=f"no {login.setting('secret')} is configured")
        version = self.secret_manager.version_of(login.secret)
        source = f"Secret Manager: {version}"
        return Password(source=source, read=lambda: self._value(version))

    def _value(self, version: str) -> str:
        if version not in self._read:
            self._read[version] = self.secret_manager.value(version)
        return self._read[version]


def _variable(login: Login) -> Password | Nowhere:
    name = login.variable
    if not name:
        return Nowhere(why=f"no {login.setting('env')} is configured")
    value = os.environ.get(name, "")
    if not value:
        return Nowhere(why=f"the variable {name} is not set")
    return Password(source=f"the variable {name}", read=lambda: value)


def _given(login: Login) -> Password | None:
    if not login.given:
        return None
    return Password(source="the revision's own variables", read=lambda: login.given)


def _file(login: Login, database: str, hosts: Hosts) -> Password | Nowhere:
    from hrmsops.postgres.pgpass import look, password_file

    path = password_file()
    looked = look(path, hosts=hosts, database=database, user=login.role)
    entry = looked.entry
    if entry is None:
        return Nowhere(why=looked.why, fix=looked.fix)
    return Password(source=f"{path}, line {entry.line}", read=lambda: entry.password)
