"""Google's manners over HTTP: a request, a table of routes, and errors in Google's envelope."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from hrmsops.sandbox.state import Json

World = TypeVar("World")

# google.rpc.Code, by the word that Google puts into `status`.
RPC_CODES: Mapping[str, int] = {
    "CANCELLED": 1,
    "UNKNOWN": 2,
    "INVALID_ARGUMENT": 3,
    "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "OUT_OF_RANGE": 11,
    "UNIMPLEMENTED": 12,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}

STATUS_OF_HTTP: Mapping[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call as a handler sees it: no headers, no sockets."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    account: str = ""

    def flag(self, name: str) -> bool:
        """A boolean of the query, false when it is not given."""
        return self.query.get(name, "").lower() == "true"


class ApiError(Exception):
    """A refusal as Google's APIs say it: google.rpc.Status, cloud.google.com/apis/design/errors."""

    def __init__(
        self, code: int, message: str, *, status: str = "", details: Iterable[Json] = ()
    ) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.status = status or STATUS_OF_HTTP.get(code, "UNKNOWN")
        self.details = tuple(details)

    def envelope(self) -> Json:
        """The body of the reply: `{"error": {code, message, status, details?}}`."""
        error: Json = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}

    def rpc_status(self) -> Json:
        """The same as the `error` of an operation: google.rpc.Status."""
        return {"code": RPC_CODES.get(self.status, 2), "message": self.message}


def not_found(resource: str) -> ApiError:
    """What Cloud Run answers for a resource that is not there."""
    return ApiError(404, f"Resource '{resource}' was not found")


def invalid(message: str, *, field_name: str = "") -> ApiError:
    """INVALID_ARGUMENT, with the violated field where there is one."""
    if not field_name:
        return ApiError(400, message)
    violation = {"field": field_name, "description": message}
    kind = "type.googleapis.com/google.rpc.BadRequest"
    return ApiError(400, message, details=[{"@type": kind, "fieldViolations": [violation]}])


Handler = Callable[[World, Request], Json]


@dataclass(frozen=True)
class Route(Generic[World]):
    """One method of an API: `{name}` stands for one segment of the path, without a colon."""

    method: str
    pattern: str
    handler: Handler[World]

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """The names in the path when this route is meant, else None."""
        if method != self.method:
            return None
        found = re.fullmatch(_expression(self.pattern), path)
        return None if found is None else found.groupdict()


_compiled: dict[str, re.Pattern[str]] = {}


def _expression(pattern: str) -> re.Pattern[str]:
    if pattern not in _compiled:
        parts = re.split(r"\{(\w+)\}", pattern)
        text = "".join(
            f"(?P<{part}>[^/:]+)" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
        _compiled[pattern] = re.compile(text)
    return _compiled[pattern]


def find(
    routes: Iterable[Route[Any]], method: str, path: str
) -> tuple[Route[Any], Mapping[str, str]]:
    """The route that is meant; a path that nothing answers is Google's 404."""
    for route in routes:
        names = route.match(method, path)
        if names is not None:
            return route, names
    raise ApiError(404, f"The requested URL {path} was not found on this server.")


def page(
    items: list[Json], request: Request, *, size: str, mark: str, largest: int
) -> tuple[list[Json], str]:
    """One page of a list, and the token of the next one ("" on the last).

    `size` and `mark` name the query's parameters (AIP-158); a size of zero or none is `largest`.
    """
    asked = _number(request.query.get(size) or "0", size)
    start = _number(request.query.get(mark) or "0", mark)
    if asked < 0:
        raise invalid(f"{size} must not be negative.", field_name=size)
    count = min(asked or largest, largest)
    following = start + count
    return items[start:following], str(following) if following < len(items) else ""


def paged(kind: str, items: list[Json], request: Request) -> Json:
    """One page as Google's v2 APIs list things: `{KIND: […], nextPageToken?}`."""
    shown, following = page(items, request, size="pageSize", mark="pageToken", largest=1000)
    return {kind: shown, **({"nextPageToken": following} if following else {})}


def _number(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise invalid(f"Invalid value for {name}: {text}", field_name=name) from None
