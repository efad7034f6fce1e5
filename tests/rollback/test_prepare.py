"""What a recovered instance is given before it serves, and how removals are bound to it."""

from __future__ import annotations

from typing import Any

import pytest

from hrmsops.steps.cloud_sql.prepare_instance import SUPERSEDED, lacking_settings
from hrmsops.steps.rows.reapply import bound

BACKUPS: dict[str, Any] = {
    "enabled": True,
    "pointInTimeRecoveryEnabled": True,
    "startTime": "02:00",
    "transactionLogRetentionDays": 7,
}
SOURCE: dict[str, Any] = {
    "tier": "db-custom-4-15360",
    "databaseFlags": [{"name": "max_connections", "value": "300"}],
    "availabilityType": "REGIONAL",
    "backupConfiguration": BACKUPS | {"kind": "sql#backupConfiguration"},
    "userLabels": {"team": "hrms", "sandbox-port": "5501", SUPERSEDED: "pg-0002"},
}


def test_a_clone_without_anything_gets_all_that_the_old_one_had() -> None:
    assert lacking_settings({}, source=SOURCE) == {
        "tier": "db-custom-4-15360",
        "databaseFlags": [{"name": "max_connections", "value": "300"}],
        "availabilityType": "REGIONAL",
        "backupConfiguration": BACKUPS,
        "deletionProtectionEnabled": True,
        "userLabels": {"team": "hrms"},
    }


def test_what_is_as_it_should_be_is_not_asked_for_again() -> None:
    lacking = lacking_settings({}, source=SOURCE)
    own = {"zone": "us-central1-a", "userLabels": {"team": "hrms", "run": "7f3a"}}
    assert lacking_settings({**lacking, **own}, source=SOURCE) == {}


def test_a_label_of_the_clones_own_outlives_the_old_ones() -> None:
    found = lacking_settings({"userLabels": {"team": "recovery"}}, source=SOURCE)
    assert "userLabels" not in found


def test_where_the_old_one_is_gone_backups_and_protection_are_given_all_the_same() -> None:
    assert lacking_settings({}, source={}) == {
        "backupConfiguration": {"enabled": True, "pointInTimeRecoveryEnabled": True},
        "deletionProtectionEnabled": True,
    }


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("delete from a where id = :id", "delete from a where id = %(id)s"),
        ("update a set t = :t::text where id=:id", "update a set t = %(t)s::text where id=%(id)s"),
        ("select now()::date, '100%', ':other'", "select now()::date, '100%%', ':other'"),
    ],
)
def test_a_statement_takes_the_columns_that_were_found_and_nothing_else(
    written: str, sent: str
) -> None:
    assert bound(written, {"id", "t"}) == sent
