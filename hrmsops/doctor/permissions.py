"""Which permissions are asked for: by command and configuration, with the APIs behind them.

The table itself is in `doctor.actions`: `doctor` asks IAM for these, and
docs/reference/permissions.md is made of it. The roles are Google's own; together they carry all
the permissions of their row.
"""

from __future__ import annotations

from hrmsops.config import Environment
from hrmsops.doctor.action import Action
from hrmsops.doctor.actions import cloud_run, cloud_sql, others

ACTIONS = (*cloud_run.ACTIONS, *cloud_sql.ACTIONS, *others.ACTIONS)
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
    "storage": "storage",
}
"""The API behind a permission, by the permission's first word."""


def asked(
    environment: Environment, commands: frozenset[str], *, way: str = "direct"
) -> tuple[Action, ...]:
    """What `commands` do in this environment; `way` is how its database is reached."""
    has = _has(environment, way)
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


def _has(environment: Environment, way: str) -> dict[str, bool]:
    hold, database = environment.hold, environment.database
    secrets = iam = False
    if database:
        secrets = bool(
            database.password_secret
            or database.admin_password_secret
            or database.app_password_secrets
        )
        iam = database.iam or database.admin_iam
    return {
        "schedulers": bool(hold.schedulers),
        "queues": bool(hold.queues),
        "jobs": bool(environment.jobs or hold.jobs),
        "worker pools": bool(environment.worker_pools or hold.worker_pools),
        "a maintenance revision": bool(hold.revision),
        "irrevocable queries": bool(environment.irrevocable),
        "a secret": secrets,
        "an IAM login": iam,
        "a relay": way == "relay",
        "a tunnel": way in ("connector", "proxy"),
        "a shared store": environment.store != "local",
    }
