"""One WebSocket to the far end, and what a refusal of it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud import NotAuthorised
from hrmsops.errors.database import DatabaseUnreachable
from hrmsops.errors.relay import RelayUnreachable

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

OPEN_SECONDS_MAX = 30.0
"""An idle relay has no instance: its first connection waits for one to start."""
PING_SECONDS = 20.0
"""Keeps what is in between from taking a long statement for an idle connection."""
CLOSE_SECONDS_MAX = 2.0


def dial(url: str, *, relay: str, token: str, address: str) -> ClientConnection:
    """Open one to the relay at `url`; `address` is the database's, for what an error says.

    Raises NotAuthorised, DatabaseUnreachable, RelayUnreachable.
    """
    from websockets.exceptions import InvalidHandshake, InvalidStatus
    from websockets.sync.client import connect

    parts = urlsplit(url)
    scheme = "ws" if parts.scheme == "http" else "wss"
    try:
        return connect(
            f"{scheme}://{parts.netloc}/",
            additional_headers={"Authorization": f"Bearer {token}"},
            compression=None,
            max_size=None,
            open_timeout=OPEN_SECONDS_MAX,
            ping_interval=PING_SECONDS,
            ping_timeout=None,  # A sleeping laptop is not the database's end.
            close_timeout=CLOSE_SECONDS_MAX,
            proxy=True if scheme == "wss" else None,
        )
    except InvalidStatus as error:
        raise _refused(error.response, relay=relay, address=address) from error
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise RelayUnreachable(relay=relay, why=str(error) or type(error).__name__) from error


def _refused(response: Any, *, relay: str, address: str) -> HrmsopsError:
    status, body = int(response.status_code), bytes(response.body or b"")
    if "X-Hrmsops-Relay" in response.headers:
        return DatabaseUnreachable(address=address, said=body.decode(errors="replace"))
    if status in (401, 403):
        return NotAuthorised(
            doing=f"connect through {relay}",
            permission="run.routes.invoke",
            why=f"Cloud Run answered {status}.",
        )
    return RelayUnreachable(relay=relay, why=f"Cloud Run answered {status}.")
