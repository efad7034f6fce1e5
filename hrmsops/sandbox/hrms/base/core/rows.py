"""Making, editing and removing one row, by the names that its model lets users write."""

from __future__ import annotations

from typing import Any

from django.db import models

Json = dict[str, Any]


def make(model: type[models.Model], values: Json) -> tuple[models.Model, bool]:
    """The row of this request id, and whether it was made now; KeyError for a value that lacks.

    A name that the model does not know is passed over: clients are newer than some releases.
    """
    return model.objects.get_or_create(
        request_id=str(values["request_id"]),
        defaults={
            name: read(values[name])
            for name, read in model.WRITABLE.items()
            if name in values or not model._meta.get_field(name).null
        },
    )


def edit(row: models.Model, values: Json) -> None:
    """Write those columns alone; ValueError for one that users may not write."""
    changed = {name: value for name, value in values.items() if name != "request_id"}
    if not changed or not changed.keys() <= row.WRITABLE.keys():
        raise ValueError("there is nothing to write, or not by that name")
    for name, value in changed.items():
        setattr(row, name, row.WRITABLE[name](value))
    row.save(update_fields=sorted(changed))


def optional_text(value: object) -> str | None:
    """A text, or nothing."""
    return None if value is None else str(value)
