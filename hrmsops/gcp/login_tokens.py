"""Tokens that a database takes for a password (IAM database authentication)."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any

from hrmsops.errors.cloud import NotLoggedIn
from hrmsops.gcp.clients import Clients

LOGIN = "https://www.googleapis.com/auth/sqlservice.login"


class LoginTokens:
    """Access tokens of whoever acts, good for logging in at a database and for nothing else."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()

    def fresh(self) -> str:
        """One that lasts for some minutes at the least. Raises NotLoggedIn."""
        if self._clients.endpoint:
            return str(self._clients.credentials.token)  # A sandbox's stands for any token.
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        with self._lock:
            try:
                if not self._credentials.valid:
                    self._credentials.refresh(Request())
            except GoogleAuthError as error:
                raise NotLoggedIn(why=str(error).partition("\n")[0]) from error
            return str(self._credentials.token)

    @cached_property
    def _credentials(self) -> Any:
        return narrowed(self._clients.credentials)


def narrowed(credentials: Any) -> Any:
    """The same account's credentials, whose tokens may only log in at databases."""
    from google.auth.credentials import Scoped
    from google.oauth2.credentials import Credentials

    if isinstance(credentials, Scoped):
        return credentials.with_scopes([LOGIN])
    if isinstance(credentials, Credentials):
        return Credentials(
            None,
            refresh_token=credentials.refresh_token,
            token_uri=credentials.token_uri,
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
            quota_project_id=credentials.quota_project_id,
            scopes=[LOGIN],
        )
    return credentials
