"""The operator's own checks, as `hrmsops.toml` has them, asked of the database that serves."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

from hrmsops.sandbox.home import Home


def checks_of(home: Home, environment: str) -> dict[str, str]:
    """Name and query of each, from the sandbox's own config."""
    config = tomllib.loads(home.config.read_text(encoding="utf-8"))
    checks: dict[str, str] = config["environments"][environment]["checks"]
    return checks


def untrue(dsn: str, checks: Mapping[str, str]) -> list[str]:
    """The names of the checks that do not answer true; none where the database is away."""
    import psycopg

    found = []
    try:
        with psycopg.connect(
            dsn, connect_timeout=5, application_name="hrmsops drill", autocommit=True
        ) as connection:
            connection.execute("SET statement_timeout = '30s'")
            for name, query in checks.items():
                if connection.execute(query.encode()).fetchone() != (True,):
                    found.append(name)
    except psycopg.Error:
        return []
    return found
