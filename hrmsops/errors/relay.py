"""Why the way to a database with a private address is not there."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import HrmsopsError

OWN_IMAGE = 'Set relay_image = "python:3.12-slim" in [environments.NAME.database].'


class RelayDidNotStart(HrmsopsError):
    """The temporary service that leads to a private address did not come up.

    It runs `python -c` in the image of the serving revision, with that revision's network and
    account. An image without Python cannot: name another one with `relay_image`. The service is
    deleted at the end of the command; the database was not touched.
    """

    code: ClassVar[str] = "relay-did-not-start"

    def __init__(self, *, relay: str, image: str, why: str) -> None:
        super().__init__(
            what=f"The relay {relay} did not start with {image}.", why=why, fix=OWN_IMAGE
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            relay="hrmsops-relay-261123-104512-7f3a-c0de",
            image="us-central1-docker.pkg.dev/nhia-hrms/hrms/api@sha256:4f53…",
            why="The user-provided container failed to start and listen on the port.",
        )


class RelayUnreachable(HrmsopsError):
    """The relay is there, and a connection through it did not come about.

    A proxy on the way that lets no WebSocket through, an ingress setting of the organisation that
    closes the service to the outside, or a service that somebody deleted meanwhile. From inside
    the network `via = "direct"` needs no relay.
    """

    code: ClassVar[str] = "relay-unreachable"

    def __init__(self, *, relay: str, why: str) -> None:
        super().__init__(
            what=f"No connection through {relay}.",
            why=why,
            fix='Inside the network: via = "direct" in [environments.NAME.database].',
        )

    @classmethod
    def example(cls) -> Self:
        return cls(relay="hrmsops-relay-261123-104512-7f3a-c0de", why="Cloud Run answered 404.")
