"""Requests of revisions are counted, sampled, late, and read back by Google's own client."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.monitoring import Monitoring as Adapter
from hrmsops.gcp.samples import Requests
from hrmsops.sandbox.api import ApiError, Request
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.distance import Distance
from hrmsops.sandbox.monitoring.filters import Filter
from hrmsops.sandbox.monitoring.time_series import METRIC, Monitoring, list_
from hrmsops.sandbox.served import ServedRequests
from tests.fixtures.sandboxes import deploy

ALL = f'metric.type = "{METRIC}"'


def ask(service: str, status: int, count: int, client: Client) -> None:
    url = str(client.service(service)["uri"])
    assert {requests.get(url, timeout=10).status_code for _ in range(count)} == {status}


def counted(client: Client, service: str, count: int) -> Requests:
    """What the adapter reads once as many requests as that are in samples that have ended."""
    adapter = Adapter(Clients(client.endpoint), project="nhia-hrms")
    deadline = time.monotonic() + 60
    while True:
        now = datetime.now(UTC)
        found = adapter.requests(service, since=now - timedelta(hours=1), until=now)
        if sum(sample.requests for sample in found.samples) >= count:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


@pytest.fixture(scope="module")
def asked(sandbox: Client, images: dict[str, str]) -> str:
    """A service of two revisions: three requests went well, then two did not."""
    service = f"counted-{os.getpid()}"
    deploy(sandbox, service, images["echo"])
    ask(service, 200, 3, sandbox)
    deploy(sandbox, service, images["echo"], ANSWER="500")
    ask(service, 500, 2, sandbox)
    return service


def test_requests_and_errors_are_told_by_revision(sandbox: Client, asked: str) -> None:
    found = counted(sandbox, asked, 5)

    newest, oldest = (each["name"].rpartition("/")[2] for each in sandbox.revisions(asked))
    for revision, requests_, errors in ((newest, 2, 2), (oldest, 3, 0)):
        sample = found.of(revision)
        assert sample is not None
        assert (sample.requests, sample.errors) == (requests_, errors)
    assert found.of("another") is None
    assert found.newest_at is not None
    assert found.newest_at <= found.asked_at + timedelta(seconds=1)


def test_pages_put_together_are_the_whole(sandbox: Client, asked: str) -> None:
    counted(sandbox, asked, 5)
    words: dict[str, Any] = {
        "name": "projects/nhia-hrms",
        "filter": f'{ALL} AND resource.labels.service_name = "{asked}"',
        "interval_startTime": "2026-01-01T00:00:00Z",
        "interval_endTime": datetime.now(UTC).isoformat(),
        "pageSize": 1,
    }
    api = Clients(sandbox.endpoint).monitoring.projects().timeSeries()
    pages, request = [], api.list(**words)
    while request is not None:
        pages.append(request.execute())
        request = api.list_next(request, pages[-1])
    points = [point for page in pages for each in page["timeSeries"] for point in each["points"]]
    assert len(pages) >= 2
    assert sum(int(point["value"]["int64Value"]) for point in points) == 5


def test_a_metric_that_is_not_there_is_refused_and_one_without_points_is_empty(
    sandbox: Client,
) -> None:
    path = "/v3/projects/nhia-hrms/timeSeries?interval.endTime=2026-01-01T00:00:00Z&filter="
    with pytest.raises(SandboxRefused, match="single metric type"):
        sandbox.call("GET", path)
    other = quote('metric.type = "run.googleapis.com/other"')
    assert sandbox.call("GET", path + other)["timeSeries"] == []


@pytest.fixture
def cloud(tmp_path: Path) -> Monitoring:
    """A cloud whose samples come four minutes late, with requests of an hour."""
    now = datetime.now(UTC)
    distance = Distance(metrics_lag=timedelta(minutes=4), clock_skew=timedelta(minutes=10))
    file = tmp_path / "served.jsonl"
    lines: list[dict[str, object]] = [
        {"at": (now + timedelta(minutes=10 - ago)).isoformat(), "service": "api"}
        | {"revision": f"api-{number}", "status": 200 if number == 1 else 503}
        for ago in range(1, 61)
        for number in (1, 2)
    ]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + '{"at": "torn')
    return Monitoring(served=ServedRequests(file, distance), distance=distance)


def series(cloud: Monitoring, *, words: str = ALL, **query: str) -> list[dict[str, Any]]:
    until = cloud.distance.now().isoformat()
    given = {"filter": words, "interval.endTime": until, **query}
    given.setdefault("interval.startTime", (cloud.distance.now() - timedelta(hours=2)).isoformat())
    request = Request(method="GET", path="", query=given, names={"project": "nhia-hrms"})
    found: list[dict[str, Any]] = list_(cloud, request)["timeSeries"]
    return found


def test_what_is_younger_than_the_lag_does_not_exist_yet(cloud: Monitoring) -> None:
    for each in series(cloud):
        newest = datetime.fromisoformat(each["points"][0]["interval"]["endTime"])
        assert newest <= cloud.distance.now() - timedelta(minutes=4)
        assert 55 <= len(each["points"]) <= 57


def test_an_alignment_sums_up(cloud: Monitoring) -> None:
    aligned = {
        "aggregation.alignmentPeriod": "600s",
        "aggregation.perSeriesAligner": "ALIGN_DELTA",
    }
    plain, summed = series(cloud), series(cloud, **aligned)
    for before, after in zip(plain, summed, strict=True):
        assert len(after["points"]) <= 7
        assert len(before["points"]) == sum(int(p["value"]["int64Value"]) for p in after["points"])


@pytest.mark.parametrize(
    ("words", "revisions"),
    [
        ('resource.labels.revision_name = "api-1"', ["api-1"]),
        ('resource.label.revision_name != "api-1"', ["api-2"]),
        ('metric.labels.response_code_class = "5xx"', ["api-2"]),
        ('resource.labels.revision_name = one_of("api-1", "api-2")', ["api-1", "api-2"]),
        ('resource.labels.revision_name = starts_with("api-")', ["api-1", "api-2"]),
        ('resource.type = "gce_instance"', []),
        ('resource.labels.service_name = "web" AND resource.type = "cloud_run_revision"', []),
    ],
)
def test_a_filter_takes_what_it_says(cloud: Monitoring, words: str, revisions: list[str]) -> None:
    found = series(cloud, words=f"{ALL} AND {words}")
    assert [each["resource"]["labels"]["revision_name"] for each in found] == revisions


@pytest.mark.parametrize(
    "words",
    ["", "nonsense", f"{ALL} OR {ALL}", f"NOT {ALL}", 'resource.type = "cloud_run_revision"'],
)
def test_a_filter_that_is_not_understood_is_refused(words: str) -> None:
    with pytest.raises(ApiError) as raised:
        Filter(words)
    assert raised.value.code == 400


def test_a_count_is_there_again_after_a_restart(tmp_path: Path) -> None:
    file, distance = tmp_path / "served.jsonl", Distance()
    first = ServedRequests(file, distance)
    for _ in range(3):
        first.add(service="api", revision="api-1", status=200)
    first.close()
    assert ServedRequests(file, distance).counts() == first.counts()
    assert sum(sum(by_end.values()) for by_end in first.counts().values()) == 3
