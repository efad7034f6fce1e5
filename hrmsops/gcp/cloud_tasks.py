"""Cloud Tasks in hrmsops's words. Each method is one API call; none waits."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from hrmsops.gcp.background import Queue
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_errors import read, translated


class CloudTasks:
    """The Cloud Tasks API v2; queues are named in full (`projects/…/queues/…`)."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def queue(self, name: str) -> Queue:
        """queues.get; raises ResourceMissing."""
        doing, permission = f"read queue {short(name)}", "cloudtasks.queues.get"
        with translated(doing, instance="", permission=permission):
            found = read(self._queues.get(name=name).execute)
        return Queue(name=found["name"], state=found.get("state", ""))

    def pause(self, name: str) -> None:
        """queues.pause: its tasks wait, and more may come; without effect on a paused one."""
        self._turn(self._queues.pause(name=name, body={}), "pause", name)

    def resume(self, name: str) -> None:
        """queues.resume: its tasks are called for again."""
        self._turn(self._queues.resume(name=name, body={}), "resume", name)

    def _turn(self, call: Any, verb: str, name: str) -> None:
        doing, permission = f"{verb} queue {short(name)}", f"cloudtasks.queues.{verb}"
        with translated(doing, instance="", permission=permission):
            call.execute(num_retries=0)

    @cached_property
    def _queues(self) -> Any:
        return self._clients.tasks.projects().locations().queues()
