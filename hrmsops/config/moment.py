"""Moments as people write them, always with a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hrmsops.errors.usage import MomentNotUnderstood


def moment(text: str) -> datetime:
    """An aware moment in UTC from ISO 8601 or RFC 3339, such as `2026-08-22T09:14:00Z`.

    Raises MomentNotUnderstood for a time without a zone: both readings are shown, none is chosen.
    """
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise MomentNotUnderstood(
            text=text,
            why="It is not a date and a time as in ISO 8601.",
            suggestion="2026-08-22T09:14:00Z",
        ) from None
    if read.tzinfo is None:
        raise MomentNotUnderstood(
            text=text, why=_both_readings(read), suggestion=as_text(read.replace(tzinfo=UTC))
        )
    return read.astimezone(UTC)


def as_text(at: datetime) -> str:
    """RFC 3339 in UTC, with a fraction only where there is one."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _both_readings(naive: datetime) -> str:
    local = naive.astimezone()
    if local.utcoffset() == timedelta(0):
        return f"It has no zone: read as UTC, which is local time here too, it is {as_text(local)}."
    return (
        f"It has no zone: read as UTC it is {as_text(naive.replace(tzinfo=UTC))}, "
        f"read as local time ({local:%Z}) it is {as_text(local)}."
    )
