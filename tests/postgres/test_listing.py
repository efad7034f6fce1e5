"""What a configured query finds is told by its keys alone."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from hrmsops.postgres.listing import Listing, list_keys
from hrmsops.postgres.session import Target, connect
from tests.postgres.conftest import Make

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FILES = """
CREATE TABLE bank_file (name text, account text, sent_at timestamptz);
INSERT INTO bank_file VALUES
    ('BF-1', 'DE-1', '2026-11-23 11:59:59+00'), ('BF-2', 'DE-2', '2026-11-23 12:00:01+00'),
    ('BF-3', 'DE-3', '2026-11-23 13:00:00+00');
"""


def keys_of(target: Target, query: str, *, most: int = 20) -> Listing:
    with connect(target, read_only=True) as session:
        return list_keys(session, query, since=NOON, keys_max=most)


def test_only_what_left_since_the_moment_is_listed_and_only_by_its_key(make: Make) -> None:
    sent = "SELECT name, account FROM bank_file WHERE sent_at > :since ORDER BY name"
    found = keys_of(make(FILES), sent)
    assert (found.count, found.first_keys) == (2, ("BF-2", "BF-3"))


def test_casts_and_percent_signs_of_a_query_stay_what_they_are(make: Make) -> None:
    query = (
        "SELECT name::text FROM bank_file WHERE sent_at > :since::timestamptz AND name LIKE 'BF%'"
    )
    assert keys_of(make(FILES), query).count == 2


def test_the_digest_tells_another_list_and_not_another_order(make: Make) -> None:
    target = make(FILES)
    up, down = (
        keys_of(target, f"SELECT name FROM bank_file ORDER BY name {order}", most=1)
        for order in ("ASC", "DESC")
    )
    fewer = keys_of(target, "SELECT name FROM bank_file WHERE sent_at > :since")
    assert up.first_keys != down.first_keys
    assert up.digest == down.digest
    assert fewer.digest != up.digest


def test_a_query_that_would_change_something_fails(make: Make) -> None:
    target = make(FILES)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        keys_of(target, "DELETE FROM bank_file RETURNING name")
    assert keys_of(target, "SELECT name FROM bank_file").count == 3
