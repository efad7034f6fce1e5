"""A trace of a small project, by whichever Django `HRMSOPS_TEST_PYTHON` has."""

from __future__ import annotations

from typing import Any

import pytest

from hrmsops.django.tracing import Tracing
from hrmsops.postgres.scratch import scratch_cluster
from tests.migrate.projects import PYTHON, Source

MIGRATIONS = {
    "0002_level": 'AddField("Person", "level", models.IntegerField(default=1)),',
    "0003_index": 'AddIndex("Person", models.Index(fields=["grade"], name="by_grade")),',
    "0004_required": 'AddField("Person", "pay", models.IntegerField()),',
    "0005_update": 'RunSQL("UPDATE staff_person SET grade = 2", RunSQL.noop),',
    "0006_gone": 'RemoveField("Person", "name"),',
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What is told of each migration."""
    folder = tmp_path_factory.mktemp("traced")
    source = Source(folder / "project")
    for name, operation in MIGRATIONS.items():
        source.add(name, operation)
    beside = 'AddIndexConcurrently("Person", models.Index(fields=["pay"], name="by_pay")),'
    source.add("0007_beside", beside, atomic=False)
    with scratch_cluster(folder / "state") as database:
        tracing = Tracing(source.project, database)
        try:
            tracing.ready(lambda _: None)
            found, unmade = tracing.trace(tracing.plan(), alone=True, hear=lambda _: None)
        finally:
            tracing.close()
    assert unmade == {}, PYTHON
    return {each["name"]: each for each in found}


def test_each_migration_is_seen(seen: dict[str, dict[str, Any]]) -> None:
    (index,) = seen["0003_index"]["operations"]
    assert index["locks"] == {"staff_person": "SHARE"}
    assert [each[0] for each in index["changes"]] == ["index-built"]
    (beside,) = seen["0007_beside"]["operations"]
    assert beside["beside"]
    assert beside["locks"] == {"staff_person": "SHARE UPDATE EXCLUSIVE"}
    (update,) = seen["0005_update"]["operations"]
    assert update["writes"] == {"staff_person": [0, 3, 0]}


def test_what_breaks_and_what_fails_is_seen(seen: dict[str, dict[str, Any]]) -> None:
    def broken(name: str) -> set[tuple[str, str]]:
        return {(each["who"], each["verb"]) for each in seen[name]["breaks"]}

    assert broken("0002_level") == {("old", "INSERT")}
    assert broken("0006_gone") == {("old", verb) for verb in ("SELECT", "INSERT", "UPDATE")}
    assert [each["sqlstate"] for each in seen["0004_required"]["failures"]] == ["23502", "23502"]
    assert not any(each["ended"] for each in seen.values())
