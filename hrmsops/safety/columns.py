"""What a field is in PostgreSQL: column, type, nullability, defaults, hidden indexes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hrmsops.safety.operations import Field
from hrmsops.safety.reader.values import Call, Class, Function, Ref, Unresolved

TYPES: Mapping[str, str] = {
    "AutoField": "integer",
    "BigAutoField": "bigint",
    "SmallAutoField": "smallint",
    "BinaryField": "bytea",
    "BooleanField": "boolean",
    "NullBooleanField": "boolean",
    "DateField": "date",
    "DateTimeField": "timestamptz",
    "DurationField": "interval",
    "FloatField": "double precision",
    "IntegerField": "integer",
    "BigIntegerField": "bigint",
    "IPAddressField": "inet",
    "GenericIPAddressField": "inet",
    "JSONField": "jsonb",
    "PositiveBigIntegerField": "bigint",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
    "SmallIntegerField": "smallint",
    "TextField": "text",
    "TimeField": "time",
    "UUIDField": "uuid",
    "OrderWrt": "integer",
    "HStoreField": "hstore",
    "CICharField": "citext",
    "CIEmailField": "citext",
    "CITextField": "citext",
    "BigIntegerRangeField": "int8range",
    "DateRangeField": "daterange",
    "DateTimeRangeField": "tstzrange",
    "DecimalRangeField": "numrange",
    "IntegerRangeField": "int4range",
    "SearchVectorField": "tsvector",
}
LENGTHS: Mapping[str, int | None] = {
    "CharField": None,
    "EmailField": 254,
    "URLField": 200,
    "SlugField": 50,
    "FileField": 100,
    "ImageField": 100,
    "FilePathField": 100,
    "CommaSeparatedIntegerField": None,
}
EMPTY_STRINGS = frozenset(
    {*LENGTHS, "TextField", "BinaryField", "CICharField", "CIEmailField", "CITextField"}
)
AUTO = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})
POSITIVE = frozenset(
    {"PositiveIntegerField", "PositiveSmallIntegerField", "PositiveBigIntegerField"}
)
FOREIGN = frozenset({"ForeignKey", "OneToOneField"})
VOLATILE = frozenset(
    [
        "RandomUUID",
        "Random",
        "UUID4",
        "UUID7",
        "gen_random_uuid",
        "uuid_generate_v4",
        "uuidv4",
        "uuidv7",
        "random",
        "clock_timestamp",
        "timeofday",
        "nextval",
    ]
)
STABLE = frozenset({"Now", "TransactionNow", "CurrentDate", "CurrentTimestamp"})

TypeOf = Callable[[str], str]
"""From `app.model` to the type of its primary key; empty where it is not known."""


def has_column(field: Field) -> bool:
    """Whether the field is a column of its table."""
    return field.kind not in ("ManyToManyField", "NoColumn")


def column_name(name: str, field: Field) -> str:
    """The column of a field."""
    named = field.get("db_column")
    if isinstance(named, str) and named:
        return named
    return f"{name}_id" if field.kind in FOREIGN else name


def is_null(field: Field) -> bool:
    return field.get("null") is True or field.kind == "NullBooleanField"


def is_primary(field: Field) -> bool:
    return field.get("primary_key") is True


def is_unique(field: Field) -> bool:
    return field.get("unique") is True or is_primary(field) or field.kind == "OneToOneField"


def is_indexed(field: Field) -> bool:
    """Whether `db_index` is on, said or by default."""
    by_default = field.kind in ("ForeignKey", "OneToOneField", "SlugField")
    return field.get("db_index", by_default) is True


def has_constraint(field: Field) -> bool:
    """Whether a relation is a constraint of the database as well."""
    return field.kind in FOREIGN and field.get("db_constraint", True) is not False


def target(field: Field, app: str, model: str) -> str:
    """`app.model` in lower case that a relation leads to; empty where it is not known."""
    to = field.get("to")
    if isinstance(to, Ref):
        return "settings." + to.last if "settings" in to.name else to.last.lower()
    if not isinstance(to, str):
        return ""
    if to == "self":
        return f"{app}.{model}".lower()
    return (to if "." in to else f"{app}.{to}").lower()


def db_type(field: Field, type_of: TypeOf, app: str = "", model: str = "") -> str:
    """The type of the column; one that begins with `?` is another package's to say."""
    if not field.is_known:
        return f"?{field.written}({_shown(field)})"
    if field.kind in FOREIGN:
        found = type_of(target(field, app, model))
        return found or "?key"
    if field.kind in LENGTHS:
        length = field.get("max_length", LENGTHS[field.kind])
        return f"varchar({length})" if isinstance(length, int) else _unlimited(length)
    if field.kind == "DecimalField":
        digits, places = field.get("max_digits"), field.get("decimal_places")
        if digits is None and places is None:
            return "numeric"
        known = isinstance(digits, int) and isinstance(places, int)
        return f"numeric({digits},{places})" if known else "?numeric"
    if field.kind == "ArrayField":
        base = field.get("base_field")
        return f"{db_type(base, type_of, app, model)}[]" if isinstance(base, Field) else "?array"
    if field.kind == "GeneratedField":
        output = field.get("output_field")
        return db_type(output, type_of, app, model) if isinstance(output, Field) else "?generated"
    return TYPES.get(field.kind, f"?{field.written}")


def _unlimited(length: Any) -> str:
    return "varchar" if length is None else "?varchar"


def _shown(field: Field) -> str:
    kept = ("max_length", "max_digits", "decimal_places", "srid", "geography", "dim")
    return ", ".join(f"{name}={field.get(name)}" for name in kept if name in field.arguments)


def collation(field: Field) -> str:
    found = field.get("db_collation")
    return found if isinstance(found, str) else ""


def effective_default(field: Field) -> str:
    """What Django gives existing rows: `constant`, `callable`, `empty`, `now`, `unknown`, or ``."""
    if "default" in field.arguments:
        default = field.get("default")
        if default is None:
            return ""
        if isinstance(default, Function | Class | Ref | Call):
            is_setting = isinstance(default, Ref) and "settings" in default.name
            return "constant" if is_setting or _is_choice(default) else "callable"
        return "unknown" if isinstance(default, Unresolved) else "constant"
    if not is_null(field) and field.get("blank") is True and field.kind in EMPTY_STRINGS:
        return "empty"
    if field.get("auto_now") is True or field.get("auto_now_add") is True:
        return "now"
    return ""


def _is_choice(default: Any) -> bool:
    """`Status.ACTIVE` is a member of an enumeration, and no function."""
    return isinstance(default, Ref) and default.last.isupper()


def db_default(field: Field) -> str:
    """The kind of the database's own default: `constant`, `stable`, `volatile`, `unknown` or ``."""
    if "db_default" not in field.arguments:
        return ""
    value = field.get("db_default")
    if isinstance(value, Ref) and value.last == "NOT_PROVIDED":
        return ""
    return _volatility(value)


def _volatility(value: Any) -> str:
    if isinstance(value, Unresolved):
        return "unknown"
    if not isinstance(value, Call):
        return "constant"
    function = value.kwargs.get("function", value.last)
    words = {value.last, value.written, str(function).lower(), str(function)}
    if value.defined is not None:
        from hrmsops.safety.reader.attributes import class_attribute

        words.add(str(class_attribute(value.defined, "function")).lower())
    if words & VOLATILE:
        return "volatile"
    inner = {_volatility(each) for each in (*value.args, *value.kwargs.values())}
    if "volatile" in inner:
        return "volatile"
    return "stable" if value.last in STABLE or "stable" in inner else "constant"


def has_db_default(field: Field) -> bool:
    return bool(db_default(field))


def generated(field: Field) -> str:
    """`stored`, `virtual` or empty."""
    if field.kind != "GeneratedField":
        return ""
    return "virtual" if field.get("db_persist") is False else "stored"
