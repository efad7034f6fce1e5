"""A template led from one instance to another, and proof that it was."""

from __future__ import annotations

from typing import Any

from hrmsops.errors.binding import BindingUnknown
from hrmsops.errors.cloud_sql import InstanceMissing
from hrmsops.gcp.bindings import Place, binding_of, bindings_of, rebound, secret_bindings
from hrmsops.gcp.sql_resources import Instance
from hrmsops.world import World

Json = dict[str, Any]


def place_of(instance: Instance) -> Place:
    """An instance in the words that a template can name it by."""
    return Place(
        connection=instance.connection_name,
        hosts=tuple(address for _kind, address in instance.addresses),
        port=str(instance.port),
    )


def is_at(world: World, template: Json, instance: str) -> bool:
    """Whether a template names that instance; one that is gone is named by nobody."""
    there = _place(world, instance)
    return there is not None and any(each.is_at(there) for each in bindings_of(template))


def is_hidden(template: Json) -> bool:
    """Whether nothing but a secret says where its database is."""
    return not bindings_of(template) and bool(secret_bindings(template))


def led_to(world: World, template: Json, *, holder: str, old: str, new: str) -> Json:
    """`template` with the instance `new` where it names `old`, else where it names its only one.

    A revision of long ago may be bound to an instance from before the last cutover. One that only
    a secret leads somewhere stays as it is: that was accepted. Raises BindingUnknown where the
    result would not reach `new`.
    """
    if is_hidden(template):
        return template
    target = place_of(world.cloud_sql.instance(new))
    known = _place(world, old)
    made = rebound(template, old=known, new=target) if known else template
    if not any(each.is_at(target) for each in bindings_of(made)):
        made = rebound(template, old=_own_place(template), new=target)
    if not any(each.is_at(target) for each in bindings_of(made)):
        raise BindingUnknown(holder=holder, instance=new)
    return made


def _place(world: World, instance: str) -> Place | None:
    try:
        return place_of(world.cloud_sql.instance(instance))
    except InstanceMissing:
        return None


def _own_place(template: Json) -> Place:
    """Where it says that its database is, whether or not that is still there."""
    own = binding_of(template)
    host, _, port = own.address.rpartition(":")
    return Place(
        connection=own.connection, hosts=(host,) if host else (), port=port if host else "5432"
    )
