"""What the sandbox itself can do to instances: make, stop, break, back up."""

from __future__ import annotations

from hrmsops.sandbox.cloud_sql import backups, instances, lifecycle, names, refusals, window
from hrmsops.sandbox.cloud_sql.cloud import BACKUPS, INSTANCES, CloudSql
from hrmsops.sandbox.state import Json

STATES = (
    "RUNNABLE",
    "SUSPENDED",
    "PENDING_CREATE",
    "PENDING_DELETE",
    "MAINTENANCE",
    "FAILED",
    "ONLINE_MAINTENANCE",
    "REPAIRING",
)


def listed(cloud: CloudSql) -> list[Json]:
    """Each instance: name, state, host and port, whether it runs, its backups' count."""
    return [_shown(cloud, each) for each in cloud.state.under(INSTANCES)[::-1]]


def stop(cloud: CloudSql, name: str) -> None:
    """Its server goes down; for the API it is RUNNABLE all the same, as in an outage."""
    window.archive_before_stop(cloud, name)
    cloud.instances.stop(name)


def stick(cloud: CloudSql, name: str, state: str) -> Json:
    """The API shows that state from now on, whatever is true; "" lets the truth be seen."""
    instances.by_name(cloud, name)
    if state and state not in STATES:
        raise refusals.invalid(f"{state} is no state of an instance")
    instances.change(cloud, name, stuck=state or None)
    return _shown(cloud, instances.by_name(cloud, name))


def destroy(cloud: CloudSql, name: str) -> Json:
    """Total failure: server, data and logs are gone at once; automated backups, unless retained."""
    document = instances.by_name(cloud, name)
    with cloud.instances.held(name) as cluster:
        cluster.lose()
    if not document["settings"].get("retainBackupsOnDelete"):
        for backup in backups.of_instance(cloud, name):
            if backup["type"] == "AUTOMATED":
                backups.forget(cloud, backup["id"])
    # No backup that is left has logs any more: they can be restored, and recovered no further.
    instances.change(cloud, name, state="FAILED", logs_until=None, line=document["line"] + 1)
    return _shown(cloud, instances.by_name(cloud, name))


def back_up(cloud: CloudSql, name: str) -> object:
    """The scheduled backup, now."""
    return lifecycle.back_up_now(cloud, name)


def _shown(cloud: CloudSql, document: Json) -> Json:
    name, port = document["name"], instances.port_of(cloud, document["name"])
    return {
        "name": name,
        "state": instances.shown_state(document),
        "host": "127.0.0.1",
        "port": port,
        "running": instances.is_running(cloud, name),
        "connection_name": names.connection_name(name),
        "activation_policy": document["settings"]["activationPolicy"],
        "backups": sum(each["instance"] == name for each in cloud.state.under(BACKUPS)),
    }
