"""Clients made of Google's own descriptions of its APIs, without the part for readers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from hrmsops.gcp.cloud_clock import CloudClock

PAGE_TOKENS = ("nextPageToken", "pageToken")
"""All that the client itself reads of a schema: whether there may be a next page."""


def made(name: str, version: str, *, http: Any, endpoint: str) -> Any:
    """A client of the API; the descriptions ship with googleapiclient.

    The schemas' properties would be written out as the help of each method, which takes longer
    than everything else that makes a client, and which nobody reads.
    """
    import msgspec
    from googleapiclient.discovery import build_from_document
    from googleapiclient.discovery_cache import get_static_doc

    description = msgspec.json.decode(get_static_doc(name, version))
    schemas = description.get("schemas", {})
    description["schemas"] = {each: _bare(schema) for each, schema in schemas.items()}
    options = {"api_endpoint": endpoint} if endpoint else {}
    return build_from_document(description, http=http, client_options=options)


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    kept = {name: properties[name] for name in PAGE_TOKENS if name in properties}
    return {"id": schema["id"], "type": "object", "properties": kept}


class Dated:
    """A client of googleapiclient's for all threads, by which the clock hears of each reply.

    httplib2's are for one thread each: `connect` makes one for every thread that asks.
    """

    def __init__(self, credentials: Any, connect: Callable[[], Any], clock: CloudClock) -> None:
        self.credentials, self._connect, self._clock = credentials, connect, clock
        self._kept = threading.local()

    def request(self, *words: Any, **named: Any) -> Any:
        """As httplib2's."""
        response, content = self._http.request(*words, **named)
        self._clock.note(response.get("date", ""))
        return response, content

    @property
    def _http(self) -> Any:
        if not hasattr(self._kept, "http"):
            self._kept.http = self._connect()
        return self._kept.http

    def __getattr__(self, name: str) -> Any:
        return getattr(self._http, name)
