"""What is done in Cloud Run."""

from __future__ import annotations

from hrmsops.doctor.action import Action
from hrmsops.doctor.commands import AFTER, HOLD, IN_THE_CLOUD, RECOVERIES, REVERSING, ROWS, SHIFTS

DEPLOYER = ("roles/run.developer",)
ACT_AS = ("iam.serviceAccounts.actAs",)
USER_OF_IT = ("roles/iam.serviceAccountUser",)

ACTIONS = (
    Action(
        does="read the service",
        permissions=("run.services.get",),
        roles=("roles/run.viewer",),
        commands=IN_THE_CLOUD,
        on="service",
    ),
    Action(
        does="list its revisions, and what each is bound to",
        permissions=("run.revisions.list",),
        roles=("roles/run.viewer",),
        commands=IN_THE_CLOUD,
        on="service",
    ),
    Action(
        does="look how things are after a run",
        permissions=("run.services.get", "run.revisions.list", "cloudsql.instances.get"),
        roles=("roles/run.viewer", "roles/cloudsql.viewer"),
        commands=AFTER,
        without="what cannot be looked at is asked of a person",
    ),
    Action(
        does="read a revision, to make another like it",
        permissions=("run.revisions.get",),
        roles=("roles/run.viewer",),
        commands=RECOVERIES,
        on="service",
    ),
    Action(
        does="shift traffic, tag and make revisions",
        permissions=("run.services.update",),
        roles=DEPLOYER,
        commands=SHIFTS,
        on="service",
    ),
    Action(
        does="lead traffic to the maintenance revision, and back",
        permissions=("run.services.update",),
        roles=DEPLOYER,
        commands=HOLD,
        on="service",
        only_if="a maintenance revision",
    ),
    Action(
        does="let what it deploys run as the service's account",
        permissions=ACT_AS,
        roles=USER_OF_IT,
        commands=SHIFTS,
        on="account",
    ),
    Action(
        does="be the account as which the maintenance revision runs",
        permissions=ACT_AS,
        roles=USER_OF_IT,
        commands=HOLD,
        on="account",
        only_if="a maintenance revision",
    ),
    Action(
        does="be the account as which worker pools run that it scales",
        permissions=ACT_AS,
        roles=USER_OF_IT,
        commands=HOLD,
        on="account",
        only_if="worker pools",
    ),
    Action(
        does="probe a service that is closed to the public",
        permissions=("run.routes.invoke",),
        roles=("roles/run.invoker",),
        commands=SHIFTS | {"status"},
        on="service",
        without="health is told as unprobed",
    ),
    Action(
        does="run a migration or a backfill as a job (--job)",
        permissions=(
            "run.revisions.get",
            "run.jobs.get",
            "run.jobs.create",
            "run.jobs.runWithOverrides",
            "run.jobs.delete",
            "run.executions.get",
            *ACT_AS,
        ),
        roles=(*DEPLOYER, *USER_OF_IT),
        commands=frozenset({"migrate", "backfill"}) | REVERSING,
        without="it runs from this machine alone",
    ),
    Action(
        does="make a relay to a database without a public address",
        permissions=(
            "run.revisions.get",
            "run.services.list",
            "run.services.create",
            "run.services.delete",
            "run.routes.invoke",
            *ACT_AS,
        ),
        roles=("roles/run.admin", *USER_OF_IT),
        commands=ROWS | AFTER,
        only_if="a relay",
    ),
    Action(
        does="list relays that were left behind",
        permissions=("run.services.list",),
        roles=("roles/run.viewer",),
        commands=ROWS | {"status"},
        without="those that are left are not told",
    ),
    Action(
        does="repoint jobs to another database",
        permissions=("run.jobs.get", "run.jobs.update"),
        roles=DEPLOYER,
        commands=RECOVERIES,
        only_if="jobs",
    ),
    Action(
        does="scale and repoint worker pools",
        permissions=("run.workerpools.get", "run.workerpools.update"),
        roles=DEPLOYER,
        commands=RECOVERIES | HOLD,
        only_if="worker pools",
    ),
    Action(
        does="cancel executions of jobs",
        permissions=("run.executions.list", "run.executions.get", "run.executions.cancel"),
        roles=DEPLOYER,
        commands=RECOVERIES | HOLD,
        only_if="jobs",
    ),
)
