"""An instance's settings: Cloud SQL's defaults, changes to them, and what a clone takes over."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping

from hrmsops.sandbox.cloud_sql import refusals
from hrmsops.sandbox.cloud_sql.cloud import REGION
from hrmsops.sandbox.state import Json

PORT_LABEL = "sandbox-port"
"""A label that the sandbox shows and nobody can set: Cloud SQL has no field for a port."""
_FLAG = re.compile(r"[a-z][a-z0-9_]*")
_OURS = ("listen_addresses", "port", "archive_mode", "archive_command", "wal_level", "fsync")


def defaults() -> Json:
    """What instances.insert fills in where nothing is said."""
    return {
        "kind": "sql#settings",
        "settingsVersion": "1",
        "tier": "db-custom-2-7680",
        "edition": "ENTERPRISE",
        "pricingPlan": "PER_USE",
        "activationPolicy": "ALWAYS",
        "availabilityType": "ZONAL",
        "replicationType": "SYNCHRONOUS",
        "dataDiskSizeGb": "10",
        "dataDiskType": "PD_SSD",
        "storageAutoResize": True,
        "storageAutoResizeLimit": "0",
        "databaseFlags": [],
        "userLabels": {},
        "deletionProtectionEnabled": False,
        "retainBackupsOnDelete": False,
        "locationPreference": {"kind": "sql#locationPreference", "zone": f"{REGION}-a"},
        "ipConfiguration": {
            "ipv4Enabled": True,
            "requireSsl": False,
            "sslMode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED",
            "authorizedNetworks": [],
        },
        "backupConfiguration": backup_configuration(is_on=False),
    }


def of_estate() -> Json:
    """An instance as an organisation that takes care would have it."""
    return {
        **defaults(),
        "availabilityType": "REGIONAL",
        "deletionProtectionEnabled": True,
        "maintenanceWindow": {
            "kind": "sql#maintenanceWindow",
            "day": 7,
            "hour": 3,
            "updateTrack": "stable",
        },
        "databaseFlags": [{"name": "log_min_duration_statement", "value": "1000"}],
        "userLabels": {"team": "hrms"},
        "backupConfiguration": backup_configuration(is_on=True),
    }


def backup_configuration(*, is_on: bool) -> Json:
    """Daily backups, seven of them, with seven days of logs; or none at all."""
    return {
        "kind": "sql#backupConfiguration",
        "enabled": is_on,
        "pointInTimeRecoveryEnabled": is_on,
        "startTime": "02:00",
        "location": "us",
        "transactionLogRetentionDays": 7,
        "transactionalLogStorageState": "CLOUD_STORAGE",
        "backupRetentionSettings": {"retentionUnit": "COUNT", "retainedBackups": 7},
    }


def for_clone(source: Json, *, is_running: bool) -> Json:
    """A clone's: no backups, no PITR, no HA, no maintenance window; the rest of a running source.

    A source that does not run lends nothing.
    """
    settings = copy.deepcopy(source) if is_running else defaults()
    settings.pop("maintenanceWindow", None)
    settings["backupConfiguration"] = backup_configuration(is_on=False)
    settings["availabilityType"] = "ZONAL"
    settings["activationPolicy"] = "ALWAYS"
    settings["settingsVersion"] = "1"
    return settings


def merged(settings: Json, wish: Json) -> Json:
    """instances.patch: objects are merged, lists and labels' map replaced, null takes away."""
    result = dict(settings)
    for name, value in wish.items():
        if value is None:
            result.pop(name, None)
        elif (
            isinstance(value, dict) and isinstance(result.get(name), dict) and name != "userLabels"
        ):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return result


def checked(settings: Json) -> Json:
    """Settings that can be kept: their flags are flags, their labels without the sandbox's own."""
    flags_of(settings)
    if settings.get("activationPolicy") not in ("ALWAYS", "NEVER"):
        raise refusals.invalid(f"activation policy {settings.get('activationPolicy')}")
    backups = settings["backupConfiguration"]
    if backups.get("pointInTimeRecoveryEnabled") and not backups.get("enabled"):
        raise refusals.invalid("point-in-time recovery needs backups to be enabled")
    labels = {
        name: value for name, value in settings.get("userLabels", {}).items() if name != PORT_LABEL
    }
    return {**settings, "userLabels": labels}


def flags_of(settings: Json) -> Mapping[str, str]:
    """The flags that PostgreSQL is to know; `cloudsql.…` are Cloud SQL's own."""
    flags = {}
    for flag in settings.get("databaseFlags", ()):
        name, value = str(flag.get("name", "")), str(flag.get("value", ""))
        if name.startswith("cloudsql."):
            continue
        if not _FLAG.fullmatch(name) or name in _OURS or "\n" in value:
            raise refusals.invalid(f"flag {name} cannot be set")
        flags[name] = value
    return flags


def has_backups(settings: Json) -> bool:
    return bool(settings["backupConfiguration"].get("enabled"))


def has_pitr(settings: Json) -> bool:
    return bool(settings["backupConfiguration"].get("pointInTimeRecoveryEnabled"))


def is_on(settings: Json) -> bool:
    """Whether its owner wants it to run."""
    return bool(settings.get("activationPolicy") != "NEVER")
