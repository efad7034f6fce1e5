"""What each call asks of its caller: the permission, as IAM names it.

A call that is not listed asks for none: what it does is not what an operator is denied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from hrmsops.sandbox.api import ApiError

_V2 = "/v2/projects/P/locations/L"
_KNATIVE = "/apis/serving.knative.dev/v1/namespaces/P"
_SQL = "(/v1|/sql/v1beta4)/projects/P"
_INSTANCE = f"{_SQL}/instances/I"
_SCHEDULER = "/v1/projects/P/locations/L/jobs"
_QUEUES = f"{_V2}/queues"

# P, L and I stand for one word of the path each.
_NEEDED: Mapping[str, str] = {
    f"GET {_V2}/services": "run.services.list",
    f"POST {_V2}/services": "run.services.create",
    f"GET {_V2}/services/I": "run.services.get",
    f"PATCH {_V2}/services/I": "run.services.update",
    f"DELETE {_V2}/services/I": "run.services.delete",
    f"GET {_V2}/services/I:getIamPolicy": "run.services.getIamPolicy",
    f"POST {_V2}/services/I:setIamPolicy": "run.services.setIamPolicy",
    f"GET {_V2}/services/I/revisions": "run.revisions.list",
    f"GET {_V2}/services/I/revisions/I": "run.revisions.get",
    f"DELETE {_V2}/services/I/revisions/I": "run.revisions.delete",
    f"GET {_V2}/jobs": "run.jobs.list",
    f"POST {_V2}/jobs": "run.jobs.create",
    f"GET {_V2}/jobs/I": "run.jobs.get",
    f"PATCH {_V2}/jobs/I": "run.jobs.update",
    f"DELETE {_V2}/jobs/I": "run.jobs.delete",
    f"POST {_V2}/jobs/I:run": "run.jobs.run",
    f"GET {_V2}/jobs/I/executions": "run.executions.list",
    f"GET {_V2}/jobs/I/executions/I": "run.executions.get",
    f"POST {_V2}/jobs/I/executions/I:cancel": "run.executions.cancel",
    f"GET {_V2}/workerPools": "run.workerpools.list",
    f"POST {_V2}/workerPools": "run.workerpools.create",
    f"GET {_V2}/workerPools/I": "run.workerpools.get",
    f"PATCH {_V2}/workerPools/I": "run.workerpools.update",
    f"DELETE {_V2}/workerPools/I": "run.workerpools.delete",
    f"GET {_V2}/operations": "run.operations.list",
    f"GET {_V2}/operations/I": "run.operations.get",
    f"POST {_V2}/operations/I:wait": "run.operations.get",
    f"GET {_KNATIVE}/services": "run.services.list",
    f"POST {_KNATIVE}/services": "run.services.create",
    f"GET {_KNATIVE}/services/I": "run.services.get",
    f"PUT {_KNATIVE}/services/I": "run.services.update",
    f"GET {_KNATIVE}/revisions": "run.revisions.list",
    f"GET {_KNATIVE}/revisions/I": "run.revisions.get",
    f"GET {_SQL}/instances": "cloudsql.instances.list",
    f"POST {_SQL}/instances": "cloudsql.instances.create",
    f"GET {_INSTANCE}": "cloudsql.instances.get",
    f"PATCH {_INSTANCE}": "cloudsql.instances.update",
    f"PUT {_INSTANCE}": "cloudsql.instances.update",
    f"DELETE {_INSTANCE}": "cloudsql.instances.delete",
    f"POST {_INSTANCE}/restart": "cloudsql.instances.restart",
    f"POST {_INSTANCE}/clone": "cloudsql.instances.clone",
    f"POST {_INSTANCE}/restoreBackup": "cloudsql.instances.restoreBackup",
    f"GET {_INSTANCE}/getLatestRecoveryTime": "cloudsql.instances.get",
    f"GET {_INSTANCE}/connectSettings": "cloudsql.instances.get",
    f"POST {_INSTANCE}:generateEphemeralCert": "cloudsql.instances.connect",
    f"POST {_INSTANCE}/createEphemeral": "cloudsql.instances.connect",
    f"GET {_INSTANCE}/backupRuns": "cloudsql.backupRuns.list",
    f"POST {_INSTANCE}/backupRuns": "cloudsql.backupRuns.create",
    f"GET {_INSTANCE}/backupRuns/I": "cloudsql.backupRuns.get",
    f"DELETE {_INSTANCE}/backupRuns/I": "cloudsql.backupRuns.delete",
    f"GET {_INSTANCE}/users": "cloudsql.users.list",
    f"POST {_INSTANCE}/users": "cloudsql.users.create",
    f"PUT {_INSTANCE}/users": "cloudsql.users.update",
    f"DELETE {_INSTANCE}/users": "cloudsql.users.delete",
    f"GET {_INSTANCE}/databases": "cloudsql.databases.list",
    f"POST {_INSTANCE}/databases": "cloudsql.databases.create",
    f"GET {_SQL}/backups": "cloudsql.backupRuns.list",
    f"POST {_SQL}/backups": "cloudsql.backupRuns.create",
    f"GET {_SQL}/backups/I": "cloudsql.backupRuns.get",
    f"GET {_SQL}/operations": "cloudsql.instances.get",
    f"GET {_SQL}/operations/I": "cloudsql.instances.get",
    f"GET {_SCHEDULER}": "cloudscheduler.jobs.list",
    f"GET {_SCHEDULER}/I": "cloudscheduler.jobs.get",
    f"POST {_SCHEDULER}/I:pause": "cloudscheduler.jobs.pause",
    f"POST {_SCHEDULER}/I:resume": "cloudscheduler.jobs.enable",
    f"GET {_QUEUES}": "cloudtasks.queues.list",
    f"GET {_QUEUES}/I": "cloudtasks.queues.get",
    f"POST {_QUEUES}/I:pause": "cloudtasks.queues.pause",
    f"POST {_QUEUES}/I:resume": "cloudtasks.queues.resume",
    "GET /v1/projects/P/secrets/I/versions/I:access": "secretmanager.versions.access",
    "POST /storage/v1/b": "storage.buckets.create",
    "GET /storage/v1/b/I": "storage.buckets.get",
    "PATCH /storage/v1/b/I": "storage.buckets.update",
    "GET /storage/v1/b/I/o": "storage.objects.list",
    "GET (/download)?/storage/v1/b/I/o/.+": "storage.objects.get",
    "DELETE /storage/v1/b/I/o/.+": "storage.objects.delete",
    "(POST|PUT) /upload/storage/v1/b/I/o": "storage.objects.create",
    "GET /v3/projects/P/timeSeries": "monitoring.timeSeries.list",
    "GET /v1/projects/P/services": "serviceusage.services.list",
    "GET /v1/projects/P/services/I": "serviceusage.services.get",
    "GET /v1/projects/P/locations/L/repositories/I/dockerImages/.+": (
        "artifactregistry.dockerimages.get"
    ),
}


def needed(method: str, path: str) -> str:
    """The permission that a call asks for, "" where it asks for none."""
    asked = f"{method} {path}"
    return next((name for call, name in calls() if call.fullmatch(asked)), "")


_APIS = {"cloudsql": "sqladmin"}
"""Those that are not called as their permissions begin."""


def api(permission: str) -> str:
    """The API whose permission it is, such as `run.googleapis.com`."""
    word = permission.partition(".")[0]
    return f"{_APIS.get(word, word)}.googleapis.com"


_MAYBE = "(or it may not exist)"


def _as_run_says(permission: str) -> str:
    """Cloud Run names it in lower case, unlike IAM."""
    return permission.replace("serviceAccounts", "serviceaccounts")


def disabled(api: str, project: str) -> ApiError:
    """What Google says to whoever calls an API that is not enabled."""
    where = f"https://console.developers.google.com/apis/api/{api}/overview?project={project}"
    return ApiError(
        403,
        f"This API has not been used in project {project} before or it is disabled. Enable it by"
        f" visiting {where} then retry. If you enabled this API recently, wait a few minutes for"
        " the action to propagate to our systems and retry.",
    )


def refusal(permission: str, path: str, account: str) -> ApiError:
    """What Google says to those who lack it."""
    if permission.startswith("cloudsql."):
        return ApiError(403, "The client is not authorized to make this request.")
    if permission.startswith("storage."):
        is_whole = permission.startswith("storage.buckets.") or permission.endswith(".list")
        kind = "bucket" if is_whole else "object"
        words = f"{account} does not have {permission} access to the Google Cloud Storage {kind}."
        return ApiError(403, f"{words} Permission '{permission}' denied on resource {_MAYBE}.")
    if permission.startswith("iam."):
        of = f"service account of {path.rpartition('/')[2]}"
        return ApiError(403, f"Permission '{_as_run_says(permission)}' denied on {of} {_MAYBE}.")
    resource = path.split("/", 2)[2].partition(":")[0]
    return ApiError(403, f"Permission '{permission}' denied on resource '{resource}' {_MAYBE}.")


_compiled: list[tuple[re.Pattern[str], str]] = []


def calls() -> list[tuple[re.Pattern[str], str]]:
    """Each call that asks for a permission, and which."""
    if not _compiled:
        _compiled.extend(
            (re.compile(re.sub(r"\b[PLI]\b", "[^/:]+", call)), name)
            for call, name in _NEEDED.items()
        )
    return _compiled
