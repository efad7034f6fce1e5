"""What hrmsops does in the cloud: which permissions it asks for, which role has them, for what.

The one table of it: `doctor` asks IAM for these, and docs/reference/permissions.md is made of it.
The roles are Google's own; each carries all the permissions of its row.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from hrmsops.config import Environment
from hrmsops.doctor.commands import APP, CHANGES, HOLD, IN_THE_CLOUD, RECOVERIES, ROWS

On = Literal["project", "service", "account"]
If = Literal["", "schedulers", "queues", "jobs", "worker pools", "a secret", "a relay", "a tunnel"]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is done, and what it asks of the account.

    `on` is what the grant may be on, besides the project: the service, or the account as which it
    runs. `only_if` names what the configuration must have for it to be done at all. `without` is
    what goes on where it is not granted: then a lack is a warning. `roles`, the smallest first.
    """

    does: str
    permissions: tuple[str, ...]
    roles: tuple[str, ...]
    commands: frozenset[str]
    on: On = "project"
    only_if: If = ""
    without: str = ""


CLONING = frozenset({"rollback pitr"})
RESTORING = frozenset({"rollback backup"})
REVERSING = frozenset({"rollback migration"})
BACKED_UP_FIRST = RECOVERIES | {"migrate", *REVERSING}

ACTIONS = (
    Action(
        does="read the service and its revisions",
        permissions=("run.services.get", "run.revisions.get", "run.revisions.list"),
        roles=("roles/run.viewer",),
        commands=IN_THE_CLOUD,
        on="service",
    ),
    Action(
        does="shift traffic, tag and make revisions",
        permissions=("run.services.update",),
        roles=("roles/run.developer",),
        commands=APP | RECOVERIES | REVERSING | HOLD,
        on="service",
    ),
    Action(
        does="let what it deploys run as the service's account",
        permissions=("iam.serviceAccounts.actAs",),
        roles=("roles/iam.serviceAccountUser",),
        commands=APP | RECOVERIES | REVERSING | {"migrate"},
        on="account",
    ),
    Action(
        does="probe a service that is closed to the public",
        permissions=("run.routes.invoke",),
        roles=("roles/run.invoker",),
        commands=APP | RECOVERIES | {"status"},
        on="service",
        without="health is told as unprobed",
    ),
    Action(
        does="run a migration as a job (--job)",
        permissions=(
            "run.jobs.get",
            "run.jobs.create",
            "run.jobs.runWithOverrides",
            "run.jobs.delete",
            "run.executions.get",
        ),
        roles=("roles/run.developer",),
        commands=frozenset({"migrate", *REVERSING}),
        without="migrations run from this machine alone",
    ),
    Action(
        does="make a relay to a database without a public address",
        permissions=(
            "run.services.list",
            "run.services.create",
            "run.services.delete",
            "run.routes.invoke",
        ),
        roles=("roles/run.admin",),
        commands=ROWS,
        only_if="a relay",
    ),
    Action(
        does="connect by the Cloud SQL connector or the Auth Proxy (--proxy)",
        permissions=("cloudsql.instances.connect", "cloudsql.instances.get"),
        roles=("roles/cloudsql.client",),
        commands=ROWS,
        only_if="a tunnel",
    ),
    Action(
        does="repoint jobs to another database",
        permissions=("run.jobs.get", "run.jobs.update"),
        roles=("roles/run.developer",),
        commands=RECOVERIES,
        only_if="jobs",
    ),
    Action(
        does="scale and repoint worker pools",
        permissions=("run.workerpools.get", "run.workerpools.update"),
        roles=("roles/run.developer",),
        commands=RECOVERIES | HOLD,
        only_if="worker pools",
    ),
    Action(
        does="cancel executions of jobs",
        permissions=("run.executions.list", "run.executions.get", "run.executions.cancel"),
        roles=("roles/run.developer",),
        commands=RECOVERIES | HOLD,
        only_if="jobs",
    ),
    Action(
        does="pause and enable schedulers",
        permissions=(
            "cloudscheduler.jobs.get",
            "cloudscheduler.jobs.pause",
            "cloudscheduler.jobs.enable",
        ),
        roles=("roles/cloudscheduler.admin",),
        commands=RECOVERIES | HOLD,
        only_if="schedulers",
    ),
    Action(
        does="pause and resume queues",
        permissions=(
            "cloudtasks.queues.get",
            "cloudtasks.queues.pause",
            "cloudtasks.queues.resume",
        ),
        roles=("roles/cloudtasks.queueAdmin",),
        commands=RECOVERIES | HOLD,
        only_if="queues",
    ),
    Action(
        does="read the instance, its window and its operations",
        permissions=("cloudsql.instances.get", "cloudsql.instances.list"),
        roles=("roles/cloudsql.viewer",),
        commands=ROWS | {"status"},
    ),
    Action(
        does="list backups",
        permissions=("cloudsql.backupRuns.get", "cloudsql.backupRuns.list"),
        roles=("roles/cloudsql.viewer",),
        commands=BACKED_UP_FIRST | {"status"},
    ),
    Action(
        does="take a backup first",
        permissions=("cloudsql.backupRuns.create",),
        roles=("roles/cloudsql.editor", "roles/cloudsql.admin"),
        commands=BACKED_UP_FIRST,
    ),
    Action(
        does="clone an instance",
        permissions=("cloudsql.instances.clone",),
        roles=("roles/cloudsql.admin",),
        commands=CLONING,
    ),
    Action(
        does="restore a backup",
        permissions=("cloudsql.instances.restoreBackup", "cloudsql.instances.create"),
        roles=("roles/cloudsql.admin",),
        commands=RESTORING,
    ),
    Action(
        does="prepare an instance to serve: backups, flags, protection, labels",
        permissions=("cloudsql.instances.update",),
        roles=("roles/cloudsql.editor", "roles/cloudsql.admin"),
        commands=RECOVERIES,
    ),
    Action(
        does="see which roles a clone has",
        permissions=("cloudsql.users.list",),
        roles=("roles/cloudsql.viewer",),
        commands=RECOVERIES,
    ),
    Action(
        does="rehearse on a clone (--rehearse clone), and delete it again",
        permissions=(
            "cloudsql.instances.clone",
            "cloudsql.instances.update",
            "cloudsql.instances.delete",
        ),
        roles=("roles/cloudsql.admin",),
        commands=REVERSING,
        without="a reverse is rehearsed in the database itself",
    ),
    Action(
        does="read a password from Secret Manager",
        permissions=("secretmanager.versions.access",),
        roles=("roles/secretmanager.secretAccessor",),
        commands=ROWS,
        only_if="a secret",
    ),
    Action(
        does="count the requests of each revision",
        permissions=("monitoring.timeSeries.list",),
        roles=("roles/monitoring.viewer",),
        commands=APP | RECOVERIES | {"status"},
        without="what served before is told by other evidence",
    ),
    Action(
        does="see whether images are still in the registry",
        permissions=("artifactregistry.dockerimages.get",),
        roles=("roles/artifactregistry.reader",),
        commands=APP | RECOVERIES,
        without="doctor cannot tell whether old revisions could start",
    ),
    Action(
        does="see which APIs are enabled",
        permissions=("serviceusage.services.list",),
        roles=("roles/serviceusage.serviceUsageViewer",),
        commands=CHANGES,
        without="doctor cannot tell which APIs are enabled",
    ),
)
FALLS_SHORT = {
    "roles/cloudsql.editor": "clone, create, restore or delete an instance",
    "roles/cloudsql.client": "anything but read an instance and connect to it",
    "roles/run.viewer": "shift traffic",
    "roles/cloudscheduler.jobRunner": "pause or enable a scheduler",
}
"""Roles that look as if they were enough, and what they do not let one do."""
APIS = {
    "run": "run",
    "cloudsql": "sqladmin",
    "cloudscheduler": "cloudscheduler",
    "cloudtasks": "cloudtasks",
    "secretmanager": "secretmanager",
    "monitoring": "monitoring",
    "artifactregistry": "artifactregistry",
    "serviceusage": "serviceusage",
}
"""The API behind a permission, by the permission's first word."""


def asked(
    environment: Environment, commands: frozenset[str], *, takes_relay: bool
) -> tuple[Action, ...]:
    """What `commands` do in this environment."""
    has = _has(environment) | {"a relay": takes_relay}
    return tuple(
        each
        for each in ACTIONS
        if each.commands & commands and (not each.only_if or has[each.only_if])
    )


def apis_of(actions: tuple[Action, ...]) -> frozenset[str]:
    """The APIs that they cannot do without, such as `run.googleapis.com`."""
    needed = (each.permissions for each in actions if not each.without)
    words = {name.partition(".")[0] for names in needed for name in names}
    return frozenset(f"{APIS[word]}.googleapis.com" for word in words if word in APIS)


def _has(environment: Environment) -> dict[str, bool]:
    hold, database = environment.hold, environment.database
    return {
        "schedulers": bool(hold.schedulers),
        "queues": bool(hold.queues),
        "jobs": bool(environment.jobs or hold.jobs),
        "worker pools": bool(environment.worker_pools or hold.worker_pools),
        "a secret": bool(database and database.password_secret),
        "a tunnel": bool(database and database.via in ("connector", "proxy")),
    }
