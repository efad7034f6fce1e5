"""Cloud Run's own documents, whole: what is sent back changed in one place keeps all others.

Each method is one API call; none waits. Templates hold passwords: they are never kept or shown.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from hrmsops.gcp.bindings import with_image
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_errors import read, translated
from hrmsops.gcp.traffic import LATEST, Traffic

Json = dict[str, Any]

# What a revision has and its template takes: RevisionTemplate of the Admin API v2.
_TEMPLATE = (
    "labels",
    "annotations",
    "scaling",
    "vpcAccess",
    "timeout",
    "serviceAccount",
    "containers",
    "volumes",
    "executionEnvironment",
    "encryptionKey",
    "encryptionKeyRevocationAction",
    "encryptionKeyShutdownDuration",
    "maxInstanceRequestConcurrency",
    "serviceMesh",
    "sessionAffinity",
    "healthCheckDisabled",
    "nodeSelector",
    "gpuZonalRedundancyDisabled",
)


class RunDocuments:
    """Revisions, jobs and worker pools of the Cloud Run Admin API v2, named in full."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def template(self, revision: str) -> Json:
        """revisions.get: the template that would make the same revision, its images by digest.

        What a tag meant then is in `containerStatuses`; what it means now does not matter.
        """
        revisions = self._services.revisions()
        with translated(f"read {short(revision)}", instance="", permission="run.revisions.get"):
            found = read(revisions.get(name=revision).execute)
        template = {name: found[name] for name in _TEMPLATE if name in found}
        statuses = found.get("containerStatuses", ())
        return with_image(template, [str(each.get("imageDigest", "")) for each in statuses])

    def create_revision(
        self,
        service: str,
        name: str,
        template: Json,
        *,
        traffic: Traffic,
        etag: str,
        validate_only: bool = False,
    ) -> str:
        """services.patch of the template and, in the same call, of a traffic that leaves it idle.

        Without the traffic a service that follows its latest revision would follow to this one.
        Returns the operation's name. Never repeated here: the caller looks first.
        """
        body = {
            "etag": etag,
            "template": {**template, "revision": name},
            "traffic": [
                _target(each.revision, each.percent, each.tag) for each in traffic.targets()
            ],
        }
        call = self._services.patch(
            name=service, body=body, updateMask="template,traffic", validateOnly=validate_only
        )
        doing = f"make revision {name}"
        with translated(doing, instance="", permission="run.services.update"):
            return str(call.execute(num_retries=0).get("name", ""))

    def job(self, name: str) -> Json:
        """jobs.get."""
        with translated(f"read job {short(name)}", instance="", permission="run.jobs.get"):
            return dict(read(self._jobs.get(name=name).execute))

    def update_job(self, job: Json) -> None:
        """jobs.patch: the whole document under its etag, as the API has no mask for it."""
        call = self._jobs.patch(name=job["name"], body=job)
        doing = f"change job {short(job['name'])}"
        with translated(doing, instance="", permission="run.jobs.update"):
            call.execute(num_retries=0)

    def worker_pool(self, name: str) -> Json:
        """workerPools.get."""
        doing = f"read worker pool {short(name)}"
        with translated(doing, instance="", permission="run.workerpools.get"):
            return dict(read(self._pools.get(name=name).execute))

    def update_worker_pool(self, pool: Json) -> None:
        """workerPools.patch of the template, under the etag."""
        body = {
            "etag": pool.get("etag", ""),
            # The name of the revision that it came from would be refused as taken.
            "template": {k: v for k, v in pool["template"].items() if k != "revision"},
        }
        call = self._pools.patch(name=pool["name"], body=body, updateMask="template")
        doing = f"change worker pool {short(pool['name'])}"
        with translated(doing, instance="", permission="run.workerpools.update"):
            call.execute(num_retries=0)

    @cached_property
    def _services(self) -> Any:
        return self._clients.run.projects().locations().services()

    @cached_property
    def _jobs(self) -> Any:
        return self._clients.run.projects().locations().jobs()

    @cached_property
    def _pools(self) -> Any:
        return self._clients.run.projects().locations().workerPools()


def _target(revision: str, percent: int, tag: str) -> Json:
    kind = "LATEST" if revision == LATEST else "REVISION"
    target: Json = {"type": f"TRAFFIC_TARGET_ALLOCATION_TYPE_{kind}"}
    words = {"revision": revision, "percent": percent, "tag": tag}
    return target | {name: value for name, value in words.items() if value}
