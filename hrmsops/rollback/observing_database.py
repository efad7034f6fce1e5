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
    """The instance that the serving revision is bound to, else the configured one."""
    bound = facts.newest_serving.instance if facts.newest_serving else ""
    name = bound.rpartition(":")[2] or world.environment.instance
    if not name:
        environment = world.environment
        raise DatabaseUnbound(service=environment.service, environment=environment.name)
    return name


def observe_database(world: World, facts: ServiceFacts) -> DatabaseFacts:
    """Look once at the active instance, its window and its backups."""
    name = active_instance(world, facts)
    cloud_sql = world.cloud_sql
    instance = cloud_sql.instance(name)
    has_window = instance.has_pitr and instance.is_running
    return DatabaseFacts(
        observed_at=world.clock.now(),
        instance=instance,
        window=cloud_sql.window(name) if has_window else None,
        backups=cloud_sql.backups(name),
        configured=world.environment.instance,
    )


def observe_backups(world: World, facts: ServiceFacts) -> BackupFacts:
    """Look once at the project's backups, and at the active instance, which may be gone."""
    name = active_instance(world, facts)
    instance = aside(lambda: _instance_if_any(world, name))
    backups = aside(world.cloud_sql.kept_backups)
    return BackupFacts(
        observed_at=world.clock.now(),
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
