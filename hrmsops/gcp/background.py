"""What works without being asked, as far as a hold looks at it: schedulers, queues, workers."""

from __future__ import annotations

from datetime import datetime

import msgspec

ENABLED, PAUSED, RUNNING = "ENABLED", "PAUSED", "RUNNING"


class Scheduler(msgspec.Struct, frozen=True, kw_only=True):
    """A job of Cloud Scheduler; see Job in its API v1. `next_at` None: it is not due."""

    name: str
    state: str
    schedule: str
    next_at: datetime | None


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue of Cloud Tasks; see Queue in its API v2."""

    name: str
    state: str


class WorkerPool(msgspec.Struct, frozen=True, kw_only=True):
    """A worker pool; see WorkerPool in the Cloud Run Admin API v2.

    `instances` is what was asked for: Cloud Run's own default is one.
    """

    name: str
    etag: str
    instances: int
    is_reconciling: bool
    failure: str


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a Cloud Run job; `ended_at` None: it goes on."""

    name: str
    job: str
    began_at: datetime | None
    ended_at: datetime | None
