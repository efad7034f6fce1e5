"""The one place where facts about a database's instance are read."""

from __future__ import annotations

from hrmsops.errors.cloud_sql import InstanceMissing
from hrmsops.errors.pitr import DatabaseUnbound
from hrmsops.gcp.sql_resources import Instance
from hrmsops.rollback.backup_facts import BackupFacts
from hrmsops.rollback.database_facts import DatabaseFacts
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.observing import aside
from hrmsops.world import World


def active_instance(world: World, facts: ServiceFacts) -> str:
    """The instance that the serving revision is bound to, else the configured one.

    A revision that says an address only is looked up among the project's instances.
    """
    serving = facts.newest_serving
    name = serving.instance.rpartition(":")[2] if serving else ""
    if serving and not name and serving.address:
        name = _instance_at(world, serving.address)
    name = name or world.environment.instance
    if not name:
        environment = world.environment
        raise DatabaseUnbound(service=environment.service, environment=environment.name)
    return name


def _instance_at(world: World, address: str) -> str:
    """The instance that listens at `HOST:PORT`, "" where it is none of this project."""
    for each in world.cloud_sql.instances():
        if address in {f"{host}:{each.port}" for _kind, host in each.addresses}:
            return each.name
    return ""


def observe_database(
    world: World, facts: ServiceFacts, *, instance_name: str | None = None
) -> DatabaseFacts:
    """Look once at an instance, its window and its backups: the one named, else the active."""
    name = instance_name or active_instance(world, facts)
    cloud_sql = world.cloud_sql
    instance = cloud_sql.instance(name)
    has_window = instance.has_pitr and instance.is_running
    window = cloud_sql.window(name) if has_window else None
    return DatabaseFacts(
        observed_at=world.cloud_now(),
        instance=instance,
        window=window,
        backups=cloud_sql.backups(name),
        configured=world.environment.instance,
    )


def observe_backups(
    world: World, facts: ServiceFacts, *, instance_name: str | None = None
) -> BackupFacts:
    """Look once at the project's backups, and at the active instance, which may be gone.

    `instance_name` is another instance than the one that the service is bound to.
    """
    name = instance_name or active_instance(world, facts)
    instance = aside(lambda: _instance_if_any(world, name))
    backups = aside(world.cloud_sql.kept_backups)
    return BackupFacts(
        observed_at=world.cloud_now(),
        active=name,
        instance=instance.result(),
        backups=backups.result(),
        configured=world.environment.instance,
    )


def _instance_if_any(world: World, name: str) -> Instance | None:
    try:
        return world.cloud_sql.instance(name)
    except InstanceMissing:
        return None
