"""The methods of Cloud Scheduler v1 and Cloud Tasks v2 that are served."""

from __future__ import annotations

import re

from hrmsops.sandbox.api import Route
from hrmsops.sandbox.scheduling import jobs, queues, tasks
from hrmsops.sandbox.scheduling.cloud import Scheduling

# On Google each API has a host of its own; here they share one, and no path is meant twice.
_MEANT = re.compile(r"/(v1/projects/[^/]+/locations/[^/]+/jobs|v2/[^:]+/queues)([/:].*)?")


def is_meant(path: str) -> bool:
    """Whether a path is one of these two APIs'."""
    return _MEANT.fullmatch(path) is not None


_V1 = "/v1/projects/{project}/locations/{location}"
_V2 = "/v2/projects/{project}/locations/{location}"
_JOB, _QUEUE = _V1 + "/jobs/{job}", _V2 + "/queues/{queue}"

ROUTES: tuple[Route[Scheduling], ...] = (
    Route("GET", _V1 + "/jobs", jobs.list_),
    Route("POST", _V1 + "/jobs", jobs.create),
    Route("GET", _JOB, jobs.get),
    Route("PATCH", _JOB, jobs.patch),
    Route("DELETE", _JOB, jobs.delete),
    Route("POST", _JOB + ":pause", jobs.pause),
    Route("POST", _JOB + ":resume", jobs.resume),
    Route("GET", _V2 + "/queues", queues.list_),
    Route("POST", _V2 + "/queues", queues.create),
    Route("GET", _QUEUE, queues.get),
    Route("DELETE", _QUEUE, queues.delete),
    Route("POST", _QUEUE + ":pause", queues.pause),
    Route("POST", _QUEUE + ":resume", queues.resume),
    Route("GET", _QUEUE + "/tasks", tasks.list_),
    Route("POST", _QUEUE + "/tasks", tasks.create),
    Route("GET", _QUEUE + "/tasks/{task}", tasks.get),
    Route("DELETE", _QUEUE + "/tasks/{task}", tasks.delete),
)
