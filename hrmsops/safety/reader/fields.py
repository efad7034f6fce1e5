"""From a call such as `models.CharField(…)` to a Field."""

from __future__ import annotations

from collections.abc import Mapping

from hrmsops.safety.operations import Field
from hrmsops.safety.reader.signatures import COMMON, FIELDS
from hrmsops.safety.reader.values import Call

DJANGOS = frozenset(
    [
        "AutoField",
        "BigAutoField",
        "SmallAutoField",
        "BigIntegerField",
        "BinaryField",
        "BooleanField",
        "CharField",
        "DateField",
        "DateTimeField",
        "DecimalField",
        "DurationField",
        "EmailField",
        "FileField",
        "FilePathField",
        "FloatField",
        "ForeignKey",
        "GenericIPAddressField",
        "GeneratedField",
        "ImageField",
        "IntegerField",
        "JSONField",
        "ManyToManyField",
        "NullBooleanField",
        "OneToOneField",
        "PositiveBigIntegerField",
        "PositiveIntegerField",
        "PositiveSmallIntegerField",
        "SlugField",
        "SmallIntegerField",
        "TextField",
        "TimeField",
        "URLField",
        "UUIDField",
        "IPAddressField",
        "CommaSeparatedIntegerField",
        "OrderWrt",
        "ArrayField",
        "HStoreField",
        "CICharField",
        "CIEmailField",
        "CITextField",
        "BigIntegerRangeField",
        "DateRangeField",
        "DateTimeRangeField",
        "DecimalRangeField",
        "IntegerRangeField",
        "SearchVectorField",
        "SearchVector",
    ]
)
ELSEWHERE: Mapping[str, str] = {
    "ParentalKey": "ForeignKey",
    "TreeForeignKey": "ForeignKey",
    "TreeOneToOneField": "OneToOneField",
    "ParentalManyToManyField": "ManyToManyField",
    "TreeManyToManyField": "ManyToManyField",
    "SortedManyToManyField": "ManyToManyField",
    "AutoOneToOneField": "OneToOneField",
    "OneToOneModelField": "OneToOneField",
    "TaggableManager": "ManyToManyField",
    "GenericRelation": "NoColumn",
    "GenericForeignKey": "NoColumn",
    "CompositePrimaryKey": "NoColumn",
    "RichTextField": "TextField",
    "MarkdownField": "TextField",
    "MultiSelectField": "CharField",
    "CountryField": "CharField",
    "PhoneNumberField": "CharField",
    "ColorField": "CharField",
    "TimeZoneField": "CharField",
    "AutoSlugField": "SlugField",
    "ThumbnailerImageField": "ImageField",
    "CreationDateTimeField": "DateTimeField",
    "ModificationDateTimeField": "DateTimeField",
    "AutoCreatedField": "DateTimeField",
    "AutoLastModifiedField": "DateTimeField",
    "StatusField": "CharField",
    "MonitorField": "DateTimeField",
}
"""Fields of well-known packages, and what they are made from."""


def field_from(call: Call) -> Field:
    """The field of a call; `is_known` False where only another package knows its column."""
    kind = call.last
    is_djangos = call.function.startswith("django.") and kind in DJANGOS
    if is_djangos:
        return _made(kind, call, is_known=True)
    if kind in ELSEWHERE:
        return _made(ELSEWHERE[kind], call, is_known=True)
    if call.function.startswith("django.contrib.gis."):
        return _made("Geometry", call, is_known=False)
    if "to" in call.kwargs and "on_delete" in call.kwargs:
        return _made("ForeignKey", call, is_known=True)
    if "to" in call.kwargs:
        return _made("ManyToManyField", call, is_known=True)
    if kind in DJANGOS:
        return _made(kind, call, is_known=True)
    guessed = next(
        (each for each in sorted(DJANGOS, key=len, reverse=True) if kind.endswith(each)), ""
    )
    return _made(guessed or "Unknown", call, is_known=False)


def _made(kind: str, call: Call, *, is_known: bool) -> Field:
    names = FIELDS.get(kind, COMMON)
    arguments = {**dict(zip(names, call.args, strict=False)), **call.kwargs}
    if isinstance(arguments.get("base_field"), Call):
        arguments["base_field"] = field_from(arguments["base_field"])
    if isinstance(arguments.get("output_field"), Call):
        arguments["output_field"] = field_from(arguments["output_field"])
    return Field(kind, arguments, call.line, call.written or call.last, is_known)
