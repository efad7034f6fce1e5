"""projects.timeSeries.list of Cloud Monitoring v3, for run.googleapis.com/request_count.

Unlike Cloud Monitoring: a sample is of five seconds, not of a minute; series are aligned by sum
alone and never reduced to fewer; a sample without requests does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hrmsops.sandbox.api import Request, Route, invalid, page
from hrmsops.sandbox.cloud_run.cloud import PROJECT, REGION
from hrmsops.sandbox.cloud_run.names import check_place
from hrmsops.sandbox.distance import Distance
from hrmsops.sandbox.monitoring.filters import Filter
from hrmsops.sandbox.served import SAMPLE, Key, ServedRequests
from hrmsops.sandbox.state import Json

METRIC, RESOURCE = "run.googleapis.com/request_count", "cloud_run_revision"
POINTS_MAX = 100_000
_ALIGNERS = ("ALIGN_DELTA", "ALIGN_SUM")


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """What the handler is given."""

    served: ServedRequests
    distance: Distance


def list_(cloud: Monitoring, request: Request) -> Json:
    """The newest points of each series first; what is younger than the lag does not exist yet."""
    check_place(request.names["project"], REGION)
    wanted = Filter(request.query.get("filter", ""))
    since, until = _interval(request.query)
    period = _alignment(request.query)
    exists_until = min(until, cloud.distance.now() - cloud.distance.metrics_lag)
    found = [
        (_series(key), point)
        for key, counts in sorted(cloud.served.counts().items())
        if wanted.takes(_flat(_series(key)))
        for point in _points(
            {end: n for end, n in counts.items() if since < end <= exists_until}, period, until
        )
    ]
    if request.query.get("view") == "HEADERS":
        found = [(series, {}) for series in _unlike([series for series, _ in found])]
    items: list[Json] = [{"series": series, "point": point} for series, point in found]
    shown, mark = page(items, request, size="pageSize", mark="pageToken", largest=POINTS_MAX)
    answer: Json = {"timeSeries": list(_joined(shown)), "unit": "1"}
    return {**answer, "nextPageToken": mark} if mark else answer


def _points(
    counts: Mapping[datetime, int], period: timedelta | None, until: datetime
) -> Iterator[Json]:
    """Counts by the end of their sample as points, or summed up by periods that end at `until`."""
    if period is not None:
        sums: dict[datetime, int] = {}
        for end, count in counts.items():
            last = until - (until - end) // period * period
            sums[last] = sums.get(last, 0) + count
        counts = sums
    for end in sorted(counts, reverse=True):
        interval = {"startTime": _written(end - (period or SAMPLE)), "endTime": _written(end)}
        yield {"interval": interval, "value": {"int64Value": str(counts[end])}}


def _series(key: Key) -> Json:
    """A TimeSeries without its points."""
    return {
        "metric": {
            "type": METRIC,
            "labels": {
                "response_code": str(key.status),
                "response_code_class": f"{key.status // 100}xx",
            },
        },
        "resource": {
            "type": RESOURCE,
            "labels": {
                "project_id": PROJECT,
                "location": REGION,
                "service_name": key.service,
                "configuration_name": key.service,
                "revision_name": key.revision,
            },
        },
        "metricKind": "DELTA",
        "valueType": "INT64",
    }


def _flat(series: Json) -> dict[str, str]:
    return {
        f"{part}.{name}": value
        for part in ("metric", "resource")
        for name, value in (
            ("type", series[part]["type"]),
            *((f"labels.{label}", value) for label, value in series[part]["labels"].items()),
        )
    }


def _joined(items: list[Json]) -> Iterator[Json]:
    """Series with their points of one page; the next page may go on with the last of them."""
    for series in _unlike([item["series"] for item in items]):
        points = [each["point"] for each in items if each["series"] == series and each["point"]]
        yield {**series, **({"points": points} if points else {})}


def _unlike(series: list[Json]) -> list[Json]:
    found: list[Json] = []
    for each in series:
        if not found or found[-1] != each:
            found.append(each)
    return found


def _interval(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    until = _moment(query.get("interval.endTime", ""), "interval.endTime")
    if not query.get("interval.startTime"):
        return until - SAMPLE, until
    since = _moment(query["interval.startTime"], "interval.startTime")
    if since > until:
        message = "The start time must not be later than the end time."
        raise invalid(message, field_name="interval.startTime")
    return since, until


def _alignment(query: Mapping[str, str]) -> timedelta | None:
    asked = {name: value for name, value in query.items() if name.startswith("aggregation.")}
    aligner = asked.pop("aggregation.perSeriesAligner", "ALIGN_NONE")
    period = asked.pop("aggregation.alignmentPeriod", "")
    if asked or aligner not in ("ALIGN_NONE", *_ALIGNERS):
        message = f"The sandbox aligns by {' or '.join(_ALIGNERS)} and reduces nothing."
        raise invalid(message, field_name="aggregation")
    if aligner == "ALIGN_NONE":
        return None
    seconds = period.removesuffix("s")
    if not period.endswith("s") or not seconds.isdigit() or int(seconds) < 60:
        message = "The alignment period must be at least 60 seconds."
        raise invalid(message, field_name="aggregation.alignmentPeriod")
    return timedelta(seconds=int(seconds))


def _moment(text: str, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"Invalid timestamp: {text}", field_name=field) from None
    if moment.tzinfo is None:
        raise invalid(f"A timestamp needs its zone: {text}", field_name=field)
    return moment


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_AT = "/v3/projects/{project}/timeSeries"

ROUTES: tuple[Route[Monitoring], ...] = (Route("GET", _AT, list_),)


def is_meant(path: str) -> bool:
    """Whether a path is one of Cloud Monitoring's."""
    return path.startswith("/v3/")
