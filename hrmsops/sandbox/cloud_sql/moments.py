"""Moments: Google's way to write them, the cloud's clock and the machine's."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hrmsops.sandbox.cloud_sql import refusals
from hrmsops.sandbox.cloud_sql.cloud import CloudSql
from hrmsops.sandbox.state import Json

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_MICROSECOND_DIGITS = 7  # With the point.


def parsed(text: object, *, field: str) -> datetime:
    """An RFC 3339 timestamp (aware, UTC, cut to microseconds); one without a zone is refused."""
    matched = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if matched is None:
        raise refusals.invalid(f"{field} is not a timestamp with a zone: {text}")
    day, time, fraction, zone = matched.groups()
    cut = (fraction or ".0")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")
    try:
        moment = datetime.fromisoformat(f"{day}T{time}{cut}{zone.upper()}")
    except ValueError:
        raise refusals.invalid(f"{field} is not a moment: {text}") from None
    return moment.astimezone(UTC)


def on_machine(cloud: CloudSql, moment: datetime) -> datetime:
    """A moment of the cloud's clock by the machine's, which is the one that clusters know."""
    return moment - cloud.distance.clock_skew


def in_cloud(cloud: CloudSql, moment: datetime) -> str:
    """A moment of the machine's clock as the API tells it."""
    return written(moment + cloud.distance.clock_skew)


def written(moment: datetime) -> str:
    """RFC 3339 with microseconds in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def kept(document: Json, field: str) -> datetime | None:
    """A moment of the machine's clock from a document; None where it is not known."""
    text = document.get(field)
    return None if text is None else datetime.fromisoformat(text)
