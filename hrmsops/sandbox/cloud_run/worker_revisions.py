"""Revisions of worker pools: made from a template, never changed, gone with their pool."""

from __future__ import annotations

from hrmsops.sandbox.api import Request, not_found, paged
from hrmsops.sandbox.cloud_run import template
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.conditions import FAILED, PENDING, SUCCEEDED, of_revision, settled
from hrmsops.sandbox.cloud_run.names import check_place, next_revision, pool_name, short, stamp
from hrmsops.sandbox.state import Json


def make(cloud: CloudRun, pool: Json, *, account: str) -> str:
    """Keep a new revision of `pool` from its template; its full name."""
    name = f"{pool['name']}/revisions/{next_revision(cloud, short(pool['name']))}"
    image = template.image_of(pool["template"])
    status = {"imageDigest": digest} if (digest := template.pinned_image(cloud, image)) else {}
    revision: Json = {
        "name": name,
        "generation": "1",
        "observedGeneration": "1",
        "launchStage": pool["launchStage"],
        "logUri": cloud.logs.as_uri(),
        "reconciling": True,
        **template.carried(pool["template"]),
        "containerStatuses": [status],
    }
    stamp(cloud, revision, account=account)
    del revision["lastModifier"]
    revision["conditions"] = of_revision(PENDING, at=revision["createTime"], activity="")
    cloud.state.put("worker_revisions", name, revision)
    return name


def conclude(cloud: CloudRun, name: str, failure: Json | None) -> None:
    """Write into a revision whether it can run."""
    with cloud.state.change():
        revision = cloud.state.get("worker_revisions", name)
        assert revision is not None, name
        state = SUCCEEDED if failure is None else FAILED
        made = of_revision(state, at=cloud.distance.timestamp(), activity="", failure=failure)
        revision["conditions"] = settled(revision["conditions"], made)
        revision["reconciling"] = False
        cloud.state.put("worker_revisions", name, revision)


def of_pool(cloud: CloudRun, pool: str) -> list[Json]:
    """The revisions of a pool (its full name), the newest first."""
    return cloud.state.under("worker_revisions", f"{pool}/revisions/")


def get(cloud: CloudRun, request: Request) -> Json:
    """workerPools.revisions.get."""
    name = f"{_pool(request)}/revisions/{request.names['revision']}"
    revision = cloud.state.get("worker_revisions", name)
    if revision is None:
        raise not_found(name)
    return revision


def list_(cloud: CloudRun, request: Request) -> Json:
    """workerPools.revisions.list: the newest first."""
    name = _pool(request)
    if cloud.state.get("worker_pools", name) is None:
        raise not_found(name)
    return paged("revisions", of_pool(cloud, name), request)


def _pool(request: Request) -> str:
    check_place(request.names["project"], request.names["location"])
    return pool_name(request.names["pool"])
