"""What is done in Cloud SQL."""

from __future__ import annotations

from hrmsops.doctor.action import Action
from hrmsops.doctor.commands import AFTER, APP, HOLD, MADE, RECOVERIES, REVERSING, ROWS

VIEWER = ("roles/cloudsql.viewer",)
EDITOR = ("roles/cloudsql.editor", "roles/cloudsql.admin")
ADMIN = ("roles/cloudsql.admin",)
BACKED_UP_FIRST = MADE | REVERSING | {"migrate"}

ACTIONS = (
    Action(
        does="read the instance, its window and its operations",
        permissions=("cloudsql.instances.get",),
        roles=VIEWER,
        commands=ROWS,
    ),
    Action(
        does="ask the database what has left the building",
        permissions=("cloudsql.instances.get",),
        roles=VIEWER,
        commands=HOLD,
        only_if="irrevocable queries",
    ),
    Action(
        does="look at the database beside the service",
        permissions=("cloudsql.instances.get", "cloudsql.backupRuns.list"),
        roles=VIEWER,
        commands=APP | {"status"},
        without="how the database is stays unknown",
    ),
    Action(
        does="connect by the Cloud SQL connector or the Auth Proxy (--proxy)",
        permissions=("cloudsql.instances.connect", "cloudsql.instances.get"),
        roles=("roles/cloudsql.client",),
        commands=ROWS | AFTER,
        only_if="a tunnel",
    ),
    Action(
        does="log in to a database as an IAM user",
        permissions=("cloudsql.instances.login",),
        roles=("roles/cloudsql.instanceUser",),
        commands=ROWS | AFTER,
        only_if="an IAM login",
    ),
    Action(
        does="list an instance's backups",
        permissions=("cloudsql.backupRuns.list",),
        roles=VIEWER,
        commands=MADE,
    ),
    Action(
        does="tell an instance by its address, and rehearse a cutover (--dry-run)",
        permissions=("cloudsql.instances.list",),
        roles=VIEWER,
        commands=ROWS | APP | {"status"},
        without="a service that names an address and no instance is not understood",
    ),
    Action(
        does="take a backup first",
        permissions=("cloudsql.backupRuns.create", "cloudsql.backupRuns.list"),
        roles=EDITOR,
        commands=BACKED_UP_FIRST,
    ),
    Action(
        does="clone an instance",
        permissions=("cloudsql.instances.clone",),
        roles=ADMIN,
        commands=frozenset({"rollback pitr"}),
    ),
    Action(
        does="restore a backup",
        permissions=(
            "cloudsql.instances.restoreBackup",
            "cloudsql.instances.create",
            "cloudsql.backupRuns.get",
        ),
        roles=ADMIN,
        commands=frozenset({"rollback backup"}),
    ),
    Action(
        does="prepare an instance to serve: backups, flags, protection, labels",
        permissions=("cloudsql.instances.update",),
        roles=EDITOR,
        commands=RECOVERIES,
    ),
    Action(
        does="see which roles a clone has",
        permissions=("cloudsql.users.list",),
        roles=VIEWER,
        commands=MADE,
    ),
    Action(
        does="rehearse on a clone (--rehearse clone), and delete it again",
        permissions=(
            "cloudsql.instances.clone",
            "cloudsql.instances.update",
            "cloudsql.instances.delete",
        ),
        roles=ADMIN,
        commands=REVERSING,
        without="a reverse is rehearsed in the database itself",
    ),
)
