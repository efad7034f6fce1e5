"""A container's variables: the image's, the revision's, the port, and the way to its databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from hrmsops.sandbox.images import Manifest
from hrmsops.sandbox.workload import Workload

Reach = Callable[[str], tuple[str, int] | None]
"""Host and port of a connection name's instance; None where there is no such instance."""


def environment_of(
    workload: Workload,
    manifest: Manifest,
    *,
    port: int,
    reach: Reach,
    private: Mapping[str, tuple[str, int]],
) -> dict[str, str]:
    """The variables that the process is started with; `port` 0 sets none, as for a job.

    Unlike Cloud Run: a mounted `/cloudsql/CONNECTION` is no socket but becomes a loopback address
    wherever a value holds it, and PGPORT carries the instance's port, for libpq to read where no
    port is given. A port that is given beside the host (DB_PORT beside DB_HOST) is replaced.
    `private` has what is behind each private address: those lead there in the same manner, for a
    workload with vpcAccess alone.
    """
    env = {**manifest.env, **workload.env}
    for connection in workload.connections:
        reached = reach(connection)
        if reached is not None:
            env = _led_to(env, f"/cloudsql/{connection}", *reached)
    if workload.is_in_network:
        values = set(env.values())
        for address, reached in private.items():
            if address in values:
                env = _led_to(env, address, *reached)
    if port:
        env |= {"PORT": str(port), manifest.port_env: str(port)}
    return env


def _led_to(env: Mapping[str, str], mount: str, host: str, port: int) -> dict[str, str]:
    quoted = quote(mount, safe="")
    led = {key: value.replace(mount, host).replace(quoted, host) for key, value in env.items()}
    beside = {key.replace("HOST", "PORT") for key in env if "HOST" in key and led[key] != env[key]}
    led |= {key: str(port) for key in beside if key in env}
    return {**led, "PGPORT": str(port)}
