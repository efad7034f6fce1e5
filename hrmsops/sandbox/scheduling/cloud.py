"""What every handler of Cloud Scheduler and Cloud Tasks is given: the state, the clock, the way."""

from __future__ import annotations

from dataclasses import dataclass

from hrmsops.sandbox.distance import Distance
from hrmsops.sandbox.state import State

JOBS, QUEUES, TASKS = "scheduler_jobs", "task_queues", "queue_tasks"


@dataclass(frozen=True, kw_only=True)
class Scheduling:
    """One project in one region, as both control planes see it."""

    state: State
    distance: Distance
