"""Google's own connector against a sandbox, and what a proxy's client types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from google.auth.credentials import Credentials, Scoped

from hrmsops.sandbox.client import Client
from tests.sandbox.bearer import bearer
from tests.sandbox.cloud_sql import APP, PASSWORD

REGION = "us-central1"
TOKEN = "sandbox"
LOGIN = "https://www.googleapis.com/auth/sqlservice.login"


@contextmanager
def connector(sandbox: Client, **wish: Any) -> Iterator[Any]:
    """The connector, as `hrmsops --proxy` makes it for a sandbox."""
    from google.cloud.sql.connector import Connector

    wish.setdefault("credentials", bearer())
    with Connector(sqladmin_api_endpoint=sandbox.endpoint, refresh_strategy="lazy", **wish) as made:
        yield made


def connected(
    connector: Any,
    instance: str,
    *,
    user: str = APP,
    password: str | None = PASSWORD,
    region: str = REGION,
    **words: Any,
) -> psycopg.Connection[tuple[Any, ...]]:
    """A session of psycopg through a connector."""
    name = f"nhia-hrms:{region}:{instance}"
    session: psycopg.Connection[tuple[Any, ...]] = connector.connect(
        name, "psycopg", user=user, password=password, db="hrms", **words
    )
    return session


class Account(Scoped, Credentials):
    """Whoever logs in at a database: its token is fetched anew for each scope it is asked for."""

    def __init__(self, token: str = TOKEN, scopes: Sequence[str] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token, self.login, self._scopes = TOKEN, token, scopes

    @property
    def requires_scopes(self) -> bool:
        return False

    def with_scopes(self, scopes: Sequence[str], default_scopes: object = None) -> Account:
        return Account(self.login, scopes)

    def refresh(self, _request: object) -> None:
        self.token = self.login if self._scopes == [LOGIN] else TOKEN
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=10)
