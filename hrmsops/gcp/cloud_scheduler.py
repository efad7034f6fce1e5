"""Cloud Scheduler in hrmsops's words. Each method is one API call; none waits."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from hrmsops.gcp.background import Scheduler
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_errors import read, translated


class CloudScheduler:
    """The Cloud Scheduler API v1; jobs are named in full (`projects/…/jobs/…`)."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def job(self, name: str) -> Scheduler:
        """jobs.get; raises ResourceMissing."""
        doing, permission = f"read scheduler {short(name)}", "cloudscheduler.jobs.get"
        with translated(doing, instance="", permission=permission):
            return _scheduler(read(self._jobs.get(name=name).execute))

    def pause(self, name: str) -> None:
        """jobs.pause: refused by Cloud Scheduler (CallRefused) where it is not enabled."""
        self._turn(self._jobs.pause(name=name, body={}), "pause", name)

    def resume(self, name: str) -> None:
        """jobs.resume: refused by Cloud Scheduler (CallRefused) where it is not paused."""
        self._turn(self._jobs.resume(name=name, body={}), "enable", name)

    def _turn(self, call: Any, verb: str, name: str) -> None:
        doing, permission = f"{verb} scheduler {short(name)}", f"cloudscheduler.jobs.{verb}"
        with translated(doing, instance="", permission=permission):
            call.execute(num_retries=0)

    @cached_property
    def _jobs(self) -> Any:
        return self._clients.scheduler.projects().locations().jobs()


def _scheduler(found: dict[str, Any]) -> Scheduler:
    due = found.get("scheduleTime")
    return Scheduler(
        name=found["name"],
        state=found.get("state", ""),
        schedule=found.get("schedule", ""),
        next_at=datetime.fromisoformat(due) if due else None,
    )
