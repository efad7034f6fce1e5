"""Waiting until a container serves, and saying in Cloud Run's words why it does not."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable

from hrmsops.postgres.ports import LOOPBACK
from hrmsops.sandbox.process_records import ProcessRecord
from hrmsops.sandbox.workload import NotReady, Workload

POLL_SECONDS = 0.01
PROBE_TIMEOUT_SECONDS_MAX = 5.0


class PortTaken(Exception):
    """Another process listens on the port that was meant for this one: start it on another port."""


def await_serving(
    workload: Workload,
    record: ProcessRecord,
    *,
    seconds: float,
    is_alive: Callable[[], bool],
    log: str,
) -> None:
    """Return once the process listens on its port and its startup probe passes.

    Raises NotReady (HEALTH_CHECK_CONTAINER_ERROR) when it ends or the time is over before that, and
    PortTaken when somebody else answers there.
    """
    deadline = time.monotonic() + seconds
    while not _accepts(record.port):
        _wait_or_refuse(deadline, is_alive, _failed_to_listen(record.port, log))
    if not _is_listener(record):
        raise PortTaken(record.port)
    while workload.startup_probe_path and not _passes(workload, record.port, deadline):
        _wait_or_refuse(deadline, is_alive, _failed_the_probe(log))


def image_missing(workload: Workload) -> NotReady:
    """The condition of a revision whose image is not, or no longer, in the registry."""
    return NotReady("CONTAINER_MISSING", f"Image '{workload.digest}' not found.", field="reason")


def _wait_or_refuse(deadline: float, is_alive: Callable[[], bool], refusal: NotReady) -> None:
    if time.monotonic() > deadline or not is_alive():
        raise refusal
    time.sleep(POLL_SECONDS)


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def _is_listener(record: ProcessRecord) -> bool:
    """Whether the process or one that it started listens on its port."""
    import psutil

    try:
        leader = psutil.Process(record.pid)
        processes = [leader, *leader.children(recursive=True)]
        sockets = [each for process in processes for each in process.net_connections("tcp")]
    except psutil.NoSuchProcess:
        return False
    return any(
        each.status == psutil.CONN_LISTEN and each.laddr.port == record.port for each in sockets
    )


def _passes(workload: Workload, port: int, deadline: float) -> bool:
    seconds = max(0.1, min(PROBE_TIMEOUT_SECONDS_MAX, deadline - time.monotonic()))
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=seconds)
    try:
        connection.request("GET", workload.startup_probe_path, None, workload.startup_probe_headers)
        return 200 <= connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _failed_to_listen(port: int, log: str) -> NotReady:
    return NotReady(
        "HEALTH_CHECK_CONTAINER_ERROR",
        "The user-provided container failed to start and listen on the port defined provided by "
        f"the PORT={port} environment variable within the allocated timeout. This can happen when "
        "the container port is misconfigured or if the timeout is too short. The health check "
        "timeout can be extended. Logs for this revision might contain more information. "
        f"Logs URL: {log}",
    )


def _failed_the_probe(log: str) -> NotReady:
    return NotReady(
        "HEALTH_CHECK_CONTAINER_ERROR",
        "The user-provided container failed the configured startup probe checks. Logs for this "
        f"revision might contain more information. Logs URL: {log}",
    )
