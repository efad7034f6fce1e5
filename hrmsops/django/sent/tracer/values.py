"""A value of a field that no row has."""

import uuid
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from django.conf import settings
from django.db.models.fields import NOT_PROVIDED

LEFT_OUT = object()


def has_db_default(field):
    """Whether the database has one; Django knows of it since 5.0."""
    return getattr(field, "db_default", None) not in (None, NOT_PROVIDED)


def value_of(field):
    """A value that no row has."""
    if field.choices:
        first = next(iter(field.flatchoices), None)
        return first[0] if first else LEFT_OUT
    kind = field.get_internal_type()
    length = getattr(field, "max_length", None) or 20
    texts = {
        "EmailField": "new@example.org", "URLField": "https://example.org/new",
    }  # fmt: skip
    if kind in ("CharField", "TextField", "SlugField", "FileField", "FilePathField", *texts):
        return texts.get(kind, "new")[:length]
    values = {
        "BooleanField": True, "NullBooleanField": True, "DateField": date(2026, 1, 1),
        "DateTimeField": _moment(), "TimeField": _moment().time(),
        "DurationField": timedelta(hours=9), "UUIDField": uuid.UUID(int=9), "JSONField": {},
        "DecimalField": Decimal(_decimal(field)), "FloatField": 7.0, "BinaryField": b"new",
        "GenericIPAddressField": "10.1.1.1", "IPAddressField": "10.1.1.1", "ArrayField": [],
        "HStoreField": {},
    }  # fmt: skip
    if kind in values:
        return values[kind]
    return 7 if kind.endswith("IntegerField") else (None if field.null else LEFT_OUT)


def _moment():
    moment = datetime(2026, 1, 1, 9, tzinfo=timezone.utc)
    return moment if settings.USE_TZ else moment.replace(tzinfo=None)


def _decimal(field):
    digits, places = getattr(field, "max_digits", None), getattr(field, "decimal_places", None)
    return "0" if digits is not None and digits == places else "7"
