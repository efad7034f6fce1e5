"""The instances of worker pools: as many processes as asked for, started anew when they end."""

from __future__ import annotations

import threading
import time
import traceback

from hrmsops.sandbox.cloud_run import operations, template, worker_revisions
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.conditions import (
    FAILED,
    SUCCEEDED,
    condition,
    reasons_of,
    settled,
)
from hrmsops.sandbox.cloud_run.names import short
from hrmsops.sandbox.state import Json

LOOK_SECONDS = 0.5
"""How long an instance that ended stays away."""
_NOT_FOUND, _INTERNAL = 5, 13


def begin(cloud: CloudRun, operation: Json) -> None:
    """Reconcile for an operation that was accepted, after whatever its pool does already."""
    work = cloud.state.get("work", operation["name"])
    assert work is not None
    act = remove if work["kind"] == "workerPools.delete" else reconcile
    cloud.background.submit(work["resource"], lambda: act(cloud, work))


def reconcile(cloud: CloudRun, work: Json) -> None:
    """Let as many instances run as the pool says; may be begun again."""
    time.sleep(work["stall_seconds"] or 0)
    failure = work["fault"] and {**work["fault"], "reason": "INTERNAL"}
    if failure is None and (revision := work["revision"]):
        failure = _missing(cloud, revision)
        worker_revisions.conclude(cloud, revision, failure)
    if failure is None:
        _became_ready(cloud, work)
        sustain(cloud, work["resource"])
    pool = _conclude(cloud, work, failure)
    error = failure and {key: failure[key] for key in ("code", "message")}
    operations.finish(cloud, work, resource=pool, error=error)


def remove(cloud: CloudRun, work: Json) -> None:
    """The work of a deletion: the processes first, then the documents."""
    name = work["resource"]
    if work["fault"] is None:
        sustain(cloud, name)
        for revision in worker_revisions.of_pool(cloud, name):
            cloud.state.delete("worker_revisions", revision["name"])
        cloud.state.delete("worker_pools", name)
    operations.finish(cloud, work, resource=work["final"], error=work["fault"])


def sustain(cloud: CloudRun, name: str) -> list[str]:
    """End the processes that are too many, start those that are missing; the names of the rest."""
    with cloud.sustaining:
        pool = cloud.state.get("worker_pools", name)
        if pool is None:
            return []
        wanted = {} if "deleteTime" in pool else _wanted(cloud, pool)
        for process in _processes(cloud, name):
            if process not in wanted:
                cloud.runtime.stop(process)
        for process, revision in wanted.items():
            if not cloud.runtime.is_running(process):
                cloud.runtime.start_worker(template.worker_workload(revision, name=process))
    return list(wanted)


class Supervisor:
    """Looks after every pool until it is closed."""

    def __init__(self, cloud: CloudRun) -> None:
        self._cloud, self._closing = cloud, threading.Event()
        self._changed = cloud.state.watch("worker_pools", "worker_revisions")
        self._sustained: list[str] = []
        self._thread = threading.Thread(target=self._watch, name="workers", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Start nothing more; what runs is ended by whoever ends all processes."""
        self._closing.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            if self._changed.is_set() or not all(
                map(self._cloud.runtime.is_running, self._sustained)
            ):
                self._changed.clear()
                self._look()

    def _look(self) -> None:
        self._sustained = []
        for pool in self._cloud.state.under("worker_pools"):
            if not pool["reconciling"] and not self._closing.is_set():
                try:
                    self._sustained += sustain(self._cloud, pool["name"])
                except Exception:  # An image that is gone, a full disk: the next look tells.
                    traceback.print_exc()
                    self._changed.set()


def running(cloud: CloudRun, name: str) -> int:
    """How many instances of a pool (its full name) run."""
    return sum(cloud.runtime.is_running(process) for process in _processes(cloud, name))


def _wanted(cloud: CloudRun, pool: Json) -> dict[str, Json]:
    """The revision of each process that is to run, by the process's name."""
    split = pool["instanceSplits"][0]
    chosen = split.get("revision") or short(pool.get("latestReadyRevision", ""))
    revision = cloud.state.get("worker_revisions", f"{pool['name']}/revisions/{chosen}")
    if revision is None:
        return {}
    count = pool["scaling"]["manualInstanceCount"]
    return {f"{chosen}-worker{number}": revision for number in range(count)}


def _processes(cloud: CloudRun, pool: str) -> list[str]:
    revisions = {short(each["name"]) for each in worker_revisions.of_pool(cloud, pool)}
    return [each for each in cloud.runtime.names() if each.rpartition("-worker")[0] in revisions]


def _missing(cloud: CloudRun, name: str) -> Json | None:
    revision = cloud.state.get("worker_revisions", name)
    assert revision is not None, name
    digest = revision["containerStatuses"][0].get("imageDigest", "")
    if cloud.images.resolve(digest) is not None:
        return None
    image = revision["containers"][0]["image"]
    words = f"Image '{image}' not found."
    return {"code": _NOT_FOUND, "message": words, "reason": "CONTAINER_MISSING"}


def _became_ready(cloud: CloudRun, work: Json) -> None:
    if not work["revision"]:
        return
    with cloud.state.change():
        pool = cloud.state.get("worker_pools", work["resource"])
        assert pool is not None, work["resource"]
        pool["latestReadyRevision"] = work["revision"]
        cloud.state.put("worker_pools", pool["name"], pool)


def _conclude(cloud: CloudRun, work: Json, failure: Json | None) -> Json:
    with cloud.state.change():
        pool = cloud.state.get("worker_pools", work["resource"])
        assert pool is not None, work["resource"]
        if failure is None:
            pool["observedGeneration"] = work["generation"]
            pool["instanceSplitStatuses"] = _statuses(pool)
        if pool["generation"] == work["generation"]:
            pool["reconciling"] = False
            now = cloud.distance.timestamp()
            before = [pool["terminalCondition"], *pool["conditions"]]
            made = [_told(kind, failure, at=now) for kind in ("Ready", "WorkerPoolReady")]
            pool["terminalCondition"], *pool["conditions"] = settled(before, made)
        cloud.state.put("worker_pools", pool["name"], pool)
    return pool


def _statuses(pool: Json) -> list[Json]:
    latest = short(pool.get("latestReadyRevision", ""))
    return [{"revision": latest, **each} for each in pool["instanceSplits"]]


def _told(kind: str, failure: Json | None, *, at: str) -> Json:
    if failure is None:
        return condition(kind, SUCCEEDED, at=at)
    return condition(kind, FAILED, at=at, message=failure["message"], reasons=reasons_of(failure))
