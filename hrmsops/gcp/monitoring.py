"""Cloud Monitoring in hrmsops's words. Each method is one API call (a list: its pages)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from hrmsops.gcp.clients import Clients
from hrmsops.gcp.cloud_sql import rfc3339
from hrmsops.gcp.resources import short
from hrmsops.gcp.samples import Requests, Sample
from hrmsops.gcp.sql_errors import read, translated

METRIC = "run.googleapis.com/request_count"
PERMISSION = "monitoring.timeSeries.list"
PAGE_POINTS = 20_000


class Monitoring:
    """The Cloud Monitoring API v3 of one project."""

    def __init__(self, clients: Clients, *, project: str) -> None:
        self._clients, self._project = clients, project

    def requests(
        self, service: str, *, since: datetime, until: datetime, every: timedelta | None = None
    ) -> Requests:
        """projects.timeSeries.list: what each revision of `service` answered between two moments.

        `every` sums them up by spans that end at `until`; None leaves them as they were sampled.
        Source: request_count in "Google Cloud metrics"; DELTA, sampled every 60 s, up to 3 minutes
        late.
        """
        asked: dict[str, Any] = {
            "name": f"projects/{self._project}",
            "filter": f'metric.type = "{METRIC}" AND resource.type = "cloud_run_revision"'
            f' AND resource.labels.service_name = "{short(service)}"',
            "interval_startTime": rfc3339(since),
            "interval_endTime": rfc3339(until),
            "pageSize": PAGE_POINTS,
        }
        if every is not None:
            asked["aggregation_alignmentPeriod"] = f"{int(every.total_seconds())}s"
            asked["aggregation_perSeriesAligner"] = "ALIGN_DELTA"
        with translated(f"count requests of {short(service)}", instance="", permission=PERMISSION):
            series = self._pages(asked)
        return Requests(
            asked_at=datetime.now(UTC) + self._clients.cloud_clock.ahead,
            since=since,
            until=until,
            samples=_samples(series),
        )

    def _pages(self, asked: dict[str, Any]) -> list[Any]:
        """Every series of every page; one that a page breaks off goes on in the next."""
        time_series = self._clients.monitoring.projects().timeSeries()
        found: list[Any] = []
        request = time_series.list(**asked)
        while request is not None:
            page = read(request.execute)
            found += page.get("timeSeries", ())
            request = time_series.list_next(request, page)
        return found


def _samples(series: Iterable[Any]) -> tuple[Sample, ...]:
    """One for each revision and span: the response codes are put together."""
    counts: dict[tuple[datetime, str], list[int]] = {}
    for each in series:
        revision = each["resource"]["labels"]["revision_name"]
        is_error = each["metric"]["labels"].get("response_code_class") == "5xx"
        for point in each.get("points", ()):
            ended_at = datetime.fromisoformat(point["interval"]["endTime"])
            count = int(point["value"].get("int64Value", 0))
            both = counts.setdefault((ended_at, revision), [0, 0])
            both[0] += count
            both[1] += count if is_error else 0
    return tuple(
        Sample(revision=revision, ended_at=ended_at, requests=requests, errors=errors)
        for (ended_at, revision), (requests, errors) in sorted(counts.items(), reverse=True)
    )
