"""The methods of the Cloud SQL Admin API that are served, under v1 and v1beta4."""

from __future__ import annotations

import re

from hrmsops.sandbox.api import Route
from hrmsops.sandbox.cloud_sql import (
    backup_runs,
    changes,
    clones,
    connect,
    databases,
    instances,
    operations,
    restores,
    users,
    window,
)
from hrmsops.sandbox.cloud_sql.cloud import CloudSql

VERSIONS = ("/v1", "/sql/v1beta4")
_MEANT = re.compile(r"/(v1|sql/v1beta4)/projects/[^/]+/(instances|operations|backups)(/.*)?")


def is_meant(path: str) -> bool:
    """Whether a path is one of Cloud SQL's."""
    return _MEANT.fullmatch(path) is not None


_INSTANCES = "/projects/{project}/instances"
_ONE = _INSTANCES + "/{instance}"
_OPERATIONS, _BACKUPS = "/projects/{project}/operations", "/projects/{project}/backups"

_METHODS = (
    ("GET", _INSTANCES, instances.list_),
    ("POST", _INSTANCES, changes.insert),
    ("GET", _ONE, instances.get),
    ("PATCH", _ONE, changes.patch),
    ("PUT", _ONE, changes.update),
    ("DELETE", _ONE, changes.delete),
    ("POST", _ONE + "/restart", changes.restart),
    ("POST", _ONE + "/clone", clones.clone),
    ("POST", _ONE + "/restoreBackup", restores.restore),
    ("GET", _ONE + "/getLatestRecoveryTime", window.get_latest_recovery_time),
    ("GET", _ONE + "/connectSettings", connect.get),
    ("POST", _ONE + ":generateEphemeralCert", connect.generate_ephemeral_cert),
    ("POST", _ONE + "/createEphemeral", connect.create_ephemeral),
    ("GET", _ONE + "/backupRuns", backup_runs.list_runs),
    ("POST", _ONE + "/backupRuns", backup_runs.insert_run),
    ("GET", _ONE + "/backupRuns/{id}", backup_runs.get_run),
    ("DELETE", _ONE + "/backupRuns/{id}", backup_runs.delete_run),
    ("GET", _ONE + "/users", users.list_),
    ("POST", _ONE + "/users", users.insert),
    ("PUT", _ONE + "/users", users.update),
    ("DELETE", _ONE + "/users", users.delete),
    ("GET", _ONE + "/users/{name}", users.get),
    ("GET", _ONE + "/databases", databases.list_),
    ("POST", _ONE + "/databases", databases.insert),
    ("GET", _ONE + "/databases/{database}", databases.get),
    ("DELETE", _ONE + "/databases/{database}", databases.delete),
    ("GET", _BACKUPS, backup_runs.list_backups),
    ("POST", _BACKUPS, backup_runs.create_backup),
    ("GET", _BACKUPS + "/{backup}", backup_runs.get_backup),
    ("DELETE", _BACKUPS + "/{backup}", backup_runs.delete_backup),
    ("GET", _OPERATIONS, operations.list_),
    ("GET", _OPERATIONS + "/{operation}", operations.get),
    ("POST", _OPERATIONS + "/{operation}/cancel", operations.cancel),
)

ROUTES: tuple[Route[CloudSql], ...] = tuple(
    Route(method, version + path, handler)
    for version in VERSIONS
    for method, path, handler in _METHODS
)
