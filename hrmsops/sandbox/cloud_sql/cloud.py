"""What every handler of Cloud SQL is given: the state, the clusters, the backups, the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hrmsops.sandbox.cloud_run.background import Background
from hrmsops.sandbox.cloud_sql.backup_files import BackupFiles
from hrmsops.sandbox.distance import Distance
from hrmsops.sandbox.faults import Faults
from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.server_proxy.authorities import Authorities
from hrmsops.sandbox.state import Json, State

PROJECT = "nhia-hrms"
REGION = "us-central1"
INSTANCES, BACKUPS = "sql_instances", "sql_backups"
OPERATIONS, WORK = "sql_operations", "sql_work"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What an operation of one kind does after it was accepted."""

    act: Callable[[CloudSql, Json], Json | None]
    """Does it, from its beginning however far an earlier attempt came, and returns what changes in
    the target's document; None where the target is gone or nothing changes."""
    fail: Callable[[CloudSql, Json], None] = lambda _cloud, _work: None
    """Leaves things as a failure leaves them."""


@dataclass(frozen=True, kw_only=True)
class CloudSql:
    """One project's instances, as the control plane sees them."""

    state: State
    instances: Instances
    backups: BackupFiles
    authorities: Authorities
    """Of the certificates by which clients of the server side proxy are known."""
    faults: Faults
    distance: Distance
    kinds: Mapping[str, Kind]
    """By the name that faults know it by: `sql.clone`."""
    background: Background = field(default_factory=Background)
    closing: threading.Event = field(default_factory=threading.Event)
    """Set when the sandbox goes down: what waits gives up, and is found again at the next start."""
    busy: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(WORKERS))
    """Held by each operation at work."""


WORKERS = 64
