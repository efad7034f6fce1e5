"""What a revision or a task runs: an image, a command, an environment, the databases it reaches."""

from __future__ import annotations

import msgspec


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """One revision's or one execution's container, as data: stored, compared and started.

    Two workloads of the same name are the same revision, since Cloud Run never changes one.
    """

    name: str
    """The revision's or the execution's name: its process, its record and its log bear it."""
    digest: str
    """The image that is run: `sha256:` and 64 hexadecimal digits."""
    command: tuple[str, ...] = ()
    """Instead of the image's own command; empty means the image's."""
    args: tuple[str, ...] = ()
    """Words after the command, whichever of the two it is."""
    env: dict[str, str] = msgspec.field(default_factory=dict)
    """Variables, over the image's own; `/cloudsql/CONNECTION` in a value is made to work."""
    connections: tuple[str, ...] = ()
    """`PROJECT:REGION:INSTANCE` of each Cloud SQL instance that is mounted under /cloudsql."""
    is_in_network: bool = False
    """Whether it has `vpcAccess`: only then private addresses lead anywhere."""
    request_timeout_seconds: float = 300
    """How long one request, or one WebSocket, may last."""
    startup_timeout_seconds: float = 240
    """How long it may take until it listens on $PORT and passes its startup probe."""
    startup_probe_path: str = ""
    """A path that must answer 2xx or 3xx before the revision is ready; empty means TCP alone."""
    startup_probe_headers: dict[str, str] = msgspec.field(default_factory=dict)
    """Sent with the startup probe (`httpGet.httpHeaders`), such as the Host that Django expects."""


class NotReady(Exception):
    """A workload did not come up; reason and message are those of Cloud Run's Ready condition.

    `reason` is an enum of the Admin API v2 (`GoogleCloudRunV2Condition`), and `field` says which of
    its properties holds it: `reason` (CONTAINER_MISSING) or `revisionReason`
    (HEALTH_CHECK_CONTAINER_ERROR).
    """

    def __init__(self, reason: str, message: str, *, field: str = "revisionReason") -> None:
        super().__init__(f"{reason}: {message}")
        self.reason, self.message, self.field = reason, message, field
