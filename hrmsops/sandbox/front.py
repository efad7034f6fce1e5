"""The front desk: who calls, for which API, what is to go wrong, and what is answered."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from hrmsops.sandbox import control
from hrmsops.sandbox.access import routes as access
from hrmsops.sandbox.access.asked import asked
from hrmsops.sandbox.access.cloud import Access
from hrmsops.sandbox.access.needed import api, disabled, refusal
from hrmsops.sandbox.api import ApiError, Request, find
from hrmsops.sandbox.cloud_run import enums, knative, v2
from hrmsops.sandbox.cloud_run.cloud import ACCOUNT, PROJECT
from hrmsops.sandbox.cloud_sql import routes
from hrmsops.sandbox.cloud_sql.refusals import restyled
from hrmsops.sandbox.control import Sandbox
from hrmsops.sandbox.exchange import Call, Reply
from hrmsops.sandbox.faults import Fault
from hrmsops.sandbox.monitoring import time_series
from hrmsops.sandbox.request_log import Entry
from hrmsops.sandbox.scheduling import routes as scheduling
from hrmsops.sandbox.secrets import routes as secrets
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.storage import refusals as storage_refusals
from hrmsops.sandbox.storage import routes as storage

CONTROL = "/_sandbox/"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_DOMAIN = ".sandbox.test"
_ROUTES = (*v2.ROUTES, *knative.ROUTES)
Style = Callable[[ApiError], ApiError]
"""How an API words its refusals."""


@dataclass
class Front:
    """Answers calls; `on_call` hears of each one of Google's APIs (what `up` prints)."""

    sandbox: Sandbox
    on_call: Callable[[Entry], None] = field(default=lambda entry: None)

    def answer(self, call: Call) -> Reply:
        """The reply to a call; every refusal is in Google's envelope, no exception leaves."""
        started, host, path, query = time.monotonic(), _host(call), *_parts(call.target)
        try:
            _check_caller(call, host)
            if path.startswith(CONTROL):
                _check_token(call, self.sandbox.token)
                return _answered(
                    control.ROUTES, self.sandbox, call, path, query, account="", style=_as_it_is
                )
        except ApiError as error:
            return Reply(status=error.code, body=error.envelope())
        account = call.headers.get("x-sandbox-account") or str(
            self.sandbox.state.setting("account", ACCOUNT)
        )
        reply = self._google(call, path, query, account)
        self._log(call, reply, host=host, path=path, query=query, account=account, started=started)
        return reply

    def _google(self, call: Call, path: str, query: Mapping[str, str], account: str) -> Reply:
        style = _style(path)
        if not call.headers.get("authorization", "").startswith("Bearer "):
            return _refusal(style(ApiError(401, _UNAUTHENTICATED)))
        half = self.sandbox.cloud_run.distance.rtt.total_seconds() / 2
        time.sleep(half)
        fault = self.sandbox.faults.strike_call(call.method, path)
        reply = (
            _struck(fault, style)
            or self._denied(call, path, query, account, style)
            or self._reply(call, path, query, account)
        )
        if fault is not None:
            reply = replace(reply, fault=fault)
        if fault is not None and fault.kind == "mangle":
            reply = replace(reply, body={**reply.body, "name": 1, "invented": True})
        time.sleep(half + (fault.seconds or 0 if fault and fault.kind == "delay" else 0))
        return reply

    def _denied(
        self, call: Call, path: str, query: Mapping[str, str], account: str, style: Style
    ) -> Reply | None:
        """The refusal of a call one of whose permissions, or whose API, a fault takes away."""
        faults = self.sandbox.faults
        if not faults.armed():
            return None
        permissions = asked(call.method, path, query, _json(call.body, lenient=True))
        if permissions and faults.disables(api(permissions[0])):
            return _refusal(style(disabled(api(permissions[0]), PROJECT)))
        lacking = next((each for each in permissions if faults.denies(each)), None)
        return _refusal(style(refusal(lacking, path, account))) if lacking else None

    def _reply(self, call: Call, path: str, query: Mapping[str, str], account: str) -> Reply:
        if access.is_meant(path):
            who = Access(images=self.sandbox.images, faults=self.sandbox.faults)
            return _answered(
                access.ROUTES, who, call, path, query, account=account, style=_as_it_is
            )
        if storage.is_meant(path):
            return _guarded(
                lambda: storage.answer(self.sandbox.storage, call, path, query),
                storage_refusals.restyled,
            )
        if scheduling.is_meant(path):
            world = self.sandbox.scheduling
            return _answered(
                scheduling.ROUTES, world, call, path, query, account=account, style=_as_it_is
            )
        if secrets.is_meant(path):
            state = self.sandbox.state
            return _answered(
                secrets.ROUTES, state, call, path, query, account=account, style=_as_it_is
            )
        if time_series.is_meant(path):
            monitoring = self.sandbox.monitoring
            return _answered(
                time_series.ROUTES, monitoring, call, path, query, account=account, style=_as_it_is
            )
        if not routes.is_meant(path):
            cloud_run = self.sandbox.cloud_run
            return _answered(
                _ROUTES, cloud_run, call, path, query, account=account, style=_as_it_is
            )
        cloud_sql = self.sandbox.cloud_sql
        return _answered(
            routes.ROUTES, cloud_sql, call, path, query, account=account, style=restyled
        )

    def _log(
        self,
        call: Call,
        reply: Reply,
        *,
        host: str,
        path: str,
        query: Mapping[str, str],
        account: str,
        started: float,
    ) -> None:
        body = _json(call.body, lenient=True)
        entry = Entry(
            time=self.sandbox.cloud_run.distance.timestamp(),
            method=call.method,
            host=host,
            path=path,
            query=_without_secrets(query),
            account=account,
            permissions=asked(call.method, path, query, body),
            body=_without_secrets(body),
            status=None if reply.fault and reply.fault.is_silent else reply.status,
            reply=_without_secrets(reply.body),
            seconds=round(time.monotonic() - started, 6),
            fault=reply.fault.kind if reply.fault else "",
        )
        self.sandbox.log.add(entry)
        self.on_call(entry)


_UNAUTHENTICATED = (
    "Request is missing required authentication credential. Expected OAuth 2 access token, login"
    " cookie or other valid authentication credential."
)


def _answered(
    routes: tuple[Any, ...],
    world: Any,
    call: Call,
    path: str,
    query: Mapping[str, str],
    *,
    account: str,
    style: Style,
) -> Reply:
    def act() -> Reply:
        route, names = find(routes, call.method, path)
        request = Request(
            method=call.method,
            path=path,
            query=query,
            body=_json(call.body) if style is restyled else enums.with_names(_json(call.body)),
            names=names,
            account=account,
        )
        body = route.handler(world, request)
        wants_numbers = "enum-encoding=int" in query.get("$alt", query.get("alt", ""))
        return Reply(status=200, body=enums.with_numbers(body) if wants_numbers else body)

    return _guarded(act, style)


def _guarded(act: Callable[[], Reply], style: Style) -> Reply:
    try:
        return act()
    except ApiError as error:
        return _refusal(style(error))
    except Exception:
        # The operator's client must get an answer; what happened is in the sandbox's own log.
        traceback.print_exc()
        return _refusal(style(ApiError(500, "Internal error encountered.")))


def _style(path: str) -> Style:
    if storage.is_meant(path):
        return storage_refusals.restyled
    return restyled if routes.is_meant(path) else _as_it_is


def _refusal(error: ApiError) -> Reply:
    return Reply(status=error.code, body=error.envelope())


def _as_it_is(error: ApiError) -> ApiError:
    return error


def _without_secrets(said: Mapping[str, Any]) -> Json:
    """What is logged can be read by more people than may know a password or a token."""
    return {key: _masked(key, value) for key, value in said.items()}


def _masked(key: str, value: Any) -> Any:
    if "password" in key.lower() or key == "access_token":
        return "***"
    if key == "payload" and isinstance(value, dict):  # What a secret's version holds.
        return dict.fromkeys(value, "***")
    return value


def _struck(fault: Fault | None, style: Style) -> Reply | None:
    """What is answered instead of acting: an error, or nothing at all."""
    if fault is None or fault.kind in ("delay", "drop-after", "hang-after", "mangle"):
        return None
    return _refusal(style(fault.error()))


def _check_caller(call: Call, host: str) -> None:
    """No page in a browser, and no name that was made to point here, may steer the sandbox."""
    if "origin" in call.headers:
        raise ApiError(403, "The sandbox does not answer browsers.")
    if host not in _LOOPBACK and not host.endswith(_DOMAIN):
        raise ApiError(403, f"The sandbox is not {host}.")


def _check_token(call: Call, token: str) -> None:
    if call.headers.get("authorization") != f"Bearer {token}":
        raise ApiError(401, "The sandbox's own controls need the token in endpoint.json.")


def _host(call: Call) -> str:
    """The host that was meant: an absolute URI's, else the Host header's, without the port."""
    netloc = urlsplit(call.target).netloc or call.headers.get("host", "")
    return urlsplit(f"//{netloc}").hostname or ""


def _parts(target: str) -> tuple[str, dict[str, str]]:
    split = urlsplit(target)
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    return unquote(split.path), query


def _json(body: bytes, *, lenient: bool = False) -> Json:
    if not body:
        return {}
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if lenient:
            return {"not JSON": body[:1000].decode(errors="replace")}
        raise ApiError(400, f"Invalid JSON payload received. {error}") from error
