"""The calls that are made on schedule or from a queue: to services of this sandbox alone."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from hrmsops.sandbox.api import RPC_CODES, STATUS_OF_HTTP, invalid
from hrmsops.sandbox.cloud_run.names import host, short
from hrmsops.sandbox.state import Json, State

_LOOPBACK = ("127.0.0.1", "localhost")
_METHODS = ("POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")


@dataclass(frozen=True)
class Outcome:
    """What came of a call: `status` is a google.rpc.Status, empty where it was answered 2xx."""

    status: Json

    @property
    def is_good(self) -> bool:
        return not self.status.get("code")


def check(target: Json | None, *, url: str) -> None:
    """Refuse with 400 a target that cannot be called; `url` names the field of its address."""
    if target is None:
        raise invalid("The sandbox calls HTTP targets only.")
    if not re.match(r"https?://[^/]+", str(target.get(url, ""))):
        raise invalid(f"HTTP target must have a {url} with http:// or https://.", field_name=url)
    if target.get("httpMethod", "POST") not in _METHODS:
        raise invalid("Invalid HTTP method.", field_name="httpMethod")


def call(
    state: State, target: Json, *, url: str, headers: Mapping[str, str], deadline: str
) -> Outcome:
    """Send the request of a target and wait for its answer, at most for `deadline`."""
    place, path = _reachable(state, target[url])
    if not place:
        return _unavailable("The sandbox calls nothing outside of this machine.")
    wanted = {**target.get("headers", {}), **headers}
    if "oidcToken" in target or "oauthToken" in target:
        wanted["Authorization"] = "Bearer sandbox"
    body = base64.b64decode(target["body"]) if target.get("body") else None
    method = target.get("httpMethod", "POST")
    connection = HTTPConnection(place, timeout=seconds(deadline))
    try:
        connection.request(method, path, body=body, headers=wanted)
        code = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return _unavailable(f"No answer: {type(error).__name__}")
    finally:
        connection.close()
    return Outcome({}) if 200 <= code < 300 else _refused(code)


def seconds(duration: str) -> float:
    """A protobuf duration such as "180s" in seconds."""
    matched = _DURATION.fullmatch(duration)
    if matched is None:
        raise invalid(f"Invalid duration: {duration}")
    return float(matched[1])


def _reachable(state: State, url: str) -> tuple[str, str]:
    """`HOST:PORT` on this machine and the path; a service's own host name leads to it.

    "" for every other place.
    """
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.hostname in _LOOPBACK:
        return parts.netloc, path
    for service in state.under("services"):
        if host(short(service["name"])) == parts.hostname and "uri" in service:
            return urlsplit(service["uri"]).netloc, path
    return "", path


def _refused(code: int) -> Outcome:
    status = STATUS_OF_HTTP.get(code, "UNKNOWN")
    words = f"URL_ERROR-ERROR_RESPONSE: the target answered {code}"
    return Outcome({"code": RPC_CODES.get(status, 2), "message": words})


def _unavailable(message: str) -> Outcome:
    return Outcome({"code": RPC_CODES["UNAVAILABLE"], "message": message})
