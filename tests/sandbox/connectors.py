"""Google's own connector against a sandbox, and what a proxy's client types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from hrmsops.sandbox.client import Client
from tests.sandbox.cloud_sql import APP, PASSWORD

REGION = "us-central1"


@contextmanager
def connector(sandbox: Client, **wish: Any) -> Iterator[Any]:
    """The connector, as `hrmsops --proxy` makes it for a sandbox."""
    from google.cloud.sql.connector import Connector

    from tests.sandbox.bearer import bearer

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
