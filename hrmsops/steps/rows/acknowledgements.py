"""Who said that what left the building is dealt with, and when: records beside the journal."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec

from hrmsops.steps.rows.items import Item
from hrmsops.world import World


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """One record: this very list was reconciled by a person. More of the kind needs another."""

    item: Item
    by: str
    host: str
    at: datetime
    run: str

    def covers(self, item: Item) -> bool:
        """The same name on the same instance with the same keys, whatever moment was asked for."""
        mine = self.item
        return (mine.name, mine.instance, mine.count, mine.digest) == (
            item.name,
            item.instance,
            item.count,
            item.digest,
        )


def acknowledge(
    world: World, items: Iterable[Item], names: Collection[str], *, run: str
) -> tuple[Acknowledgement, ...]:
    """Record those of `items` that `names` names, unless they are on record; what was written."""
    known = acknowledgements(world)
    made = tuple(
        Acknowledgement(
            item=item,
            by=world.operator.account,
            host=world.operator.host,
            at=world.clock.now(),
            run=run,
        )
        for item in uncovered(items, known)
        if item.name in names
    )
    for each in made:
        name = f"{_prefix(world)}{each.at:%y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"
        world.store.create(name, msgspec.json.encode(each))
    return made


def acknowledgements(world: World) -> tuple[Acknowledgement, ...]:
    """Every one on record for this environment, oldest first."""
    store = world.store
    records = (store.read(name) for name in store.names(_prefix(world)))
    return tuple(
        msgspec.json.decode(record.data, type=Acknowledgement) for record in records if record
    )


def uncovered(items: Iterable[Item], known: Collection[Acknowledgement]) -> tuple[Item, ...]:
    """Those that something is to be said about, and nobody has yet."""
    return tuple(
        item for item in items if item.is_open and not any(each.covers(item) for each in known)
    )


def _prefix(world: World) -> str:
    environment = world.environment
    return f"acknowledged/{environment.project}/{environment.name}/"
