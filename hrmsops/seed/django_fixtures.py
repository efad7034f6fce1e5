"""The data as files that Django's own `loaddata` takes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hrmsops.django.models import Field, Model, Models
from hrmsops.errors.seed import FixturesNotWritable
from hrmsops.seed.catalogue import ADMINISTRATOR
from hrmsops.seed.mapped import Mapped
from hrmsops.seed.material import Material
from hrmsops.seed.table import Value

if TYPE_CHECKING:
    from hrmsops.django.describing import Describer

SPACE = uuid.UUID("5f0c7a52-4d53-4f3a-9c57-6d1f3f1c7a10")
"""Names rows whose keys are UUIDs: the same data give the same files."""

Keys = Mapping[str, Mapping[str, object]]
"""By table and by the value of its key: the row's primary key in the files."""


def write(
    folder: Path, found: Material, models: Models, describer: Describer, *, now: datetime
) -> list[Path]:
    """One file a table, numbered in the order in which they have to be loaded.

    The test administrator is left out: its password has no place in a file. Raises
    FixturesNotWritable.
    """
    keys: dict[str, dict[str, object]] = {}
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, name in enumerate(_names(found), start=1):
            made = _Fixture(found, name, models, keys)
            keys[name] = made.keys()
            objects = list(made.objects(_called(found.mapped[name], made, describer), now))
            path = folder / f"{number:02}_{name}.json"
            path.write_bytes(msgspec.json.format(msgspec.json.encode(objects), indent=2) + b"\n")
            written.append(path)
    except OSError as error:
        raise FixturesNotWritable(folder=str(folder), why=f"{error.strerror}.") from error
    return written


def _names(found: Material) -> list[str]:
    return [name for name in found.due if name != ADMINISTRATOR]


def _called(mapped: Mapped, made: _Fixture, describer: Describer) -> Mapping[str, list[str | None]]:
    return describer.values(mapped.model, mapped.called, made.count) if mapped.called else {}


class _Fixture:
    """One table as objects of a fixture."""

    def __init__(self, found: Material, name: str, models: Models, known: Keys) -> None:
        self._mapped, self._rows = found.mapped[name], found.tables[name].rows
        model = models.labelled(self._mapped.model)
        assert model is not None, "A table is mapped to a model that there is."
        self._model: Model = model
        self._fields = {each.column: each for each in model.fields}
        self._known = known

    @property
    def count(self) -> int:
        return len(self._rows)

    def keys(self) -> dict[str, object]:
        """The primary key of each row, by the first field of its natural key."""
        return {
            str(row.values[self._mapped.key[0]]): self._primary(number)
            for number, row in enumerate(self._rows)
        }

    def objects(
        self, called: Mapping[str, list[str | None]], now: datetime
    ) -> Iterator[dict[str, Any]]:
        for number, row in enumerate(self._rows):
            fields = {}
            for column in self._mapped.columns:
                value = row.values.get(column.field)
                if column.parent:
                    plain: object = self._known[column.parent.table][str(value)]
                else:
                    field = self._fields[column.column]
                    plain = _plain(value, column.words)
                    if value is None:
                        plain = _read(column.empty, field)
                fields[self._fields[column.column].name] = plain
            for fill in self._mapped.fills:
                # loaddata saves as it is: what save() would fill stays empty otherwise.
                text = called[fill.field][number] if fill.how == "each" else fill.value
                read = _read(text, self._fields[fill.column])
                fields[fill.field] = now.isoformat() if fill.how == "now" else read
            own = self._primary_field()
            primary = fields.pop(own, None) if own in fields else self._primary(number)
            yield {"model": self._model.label.lower(), "pk": primary, "fields": fields}

    def _primary_field(self) -> str:
        return next(each.name for each in self._model.fields if each.is_key)

    def _primary(self, number: int) -> object:
        key = next(each for each in self._model.fields if each.is_key)
        column = next((e for e in self._mapped.columns if e.column == key.column), None)
        if column is not None:
            return self._rows[number].values[column.field]
        if key.type == "uuid":
            return str(uuid.uuid5(SPACE, f"{self._mapped.table} {number}"))
        return number + 1


def _read(text: str | None, field: Field) -> object:
    """What PostgreSQL would read as JSON or as a truth value, for Django, which would not."""
    if text is not None and field.type.startswith("json"):
        return msgspec.json.decode(text)
    if text is not None and field.type == "boolean":
        return text == "true"
    return text


def _plain(value: Value, words: Mapping[str, str]) -> object:
    """As JSON has it; a number with a fraction as text, so that none of it is lost."""
    text = str(value)
    if text in words:
        return words[text]
    if isinstance(value, bool | int | Mapping):
        return value
    return value.isoformat() if isinstance(value, date) else text
