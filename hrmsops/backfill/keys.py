"""The keys of a table: its last one, and those at which its shards begin."""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hrmsops.backfill.work import Work


def last_key(work: Work) -> Any:
    """None where no row is there."""
    return plain(work.every_row.order_by("-pk").values_list("pk", flat=True).first())


def bounds_of(work: Work, shards: int) -> list[tuple[Any, Any]]:
    """For each shard the key that it begins after, and its last one."""
    last = last_key(work)
    if shards == 1 or last is None:
        return [(None, last)] + [(last, last)] * (shards - 1)
    keys = work.every_row.order_by("pk").values_list("pk", flat=True)
    first = keys.first()
    if isinstance(first, int) and isinstance(last, int):
        # Numbers are cut without counting rows, which takes minutes where there are many.
        cuts = [first + (last - first) * part // shards for part in range(1, shards)]
    else:
        count = keys.order_by().count()
        cuts = [plain(keys[count * part // shards]) for part in range(1, shards)]
    return list(pairwise([None, *cuts, last]))


def key_reader(model: Any) -> Callable[[Any], Any]:
    """Reads a key as `plain` wrote it; one of several columns comes as a tuple."""
    fields = key_fields(model)
    if len(fields) == 1:
        read: Callable[[Any], Any] = fields[0].to_python
        return read
    return lambda key: tuple(f.to_python(each) for f, each in zip(fields, key, strict=True))


def key_fields(model: Any) -> list[Any]:
    """In the key's order; Django knows several since 5.2."""
    return list(getattr(model._meta, "pk_fields", [model._meta.pk]))


def plain(key: Any) -> Any:
    """A key as JSON has it: `key_reader` reads it back."""
    if isinstance(key, (tuple, list)):
        return [plain(each) for each in key]
    if isinstance(key, (bytes, memoryview)):
        return base64.b64encode(key).decode()
    return key if key is None or isinstance(key, (int, str)) else str(key)
