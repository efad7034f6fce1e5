"""Who is asking, and for how long: the credentials as Google itself knows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from hrmsops.errors.cloud import CallRefused, NotLoggedIn
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.imports import one_at_a_time
from hrmsops.gcp.sql_errors import read, translated


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """`lasts` is None where nobody says; `is_renewed`: the library gets a new token by itself.

    `kind` is what the credentials are of: "a personal login", "a service account",
    "a workload's identity", "a bare token".
    """

    account: str
    kind: str
    lasts: timedelta | None
    is_renewed: bool


def login(clients: Clients) -> Login:
    """Refresh the token where it is due, and ask Google whose it is. Raises NotLoggedIn."""
    credentials = clients.credentials
    _refresh(clients, credentials)
    kind, is_renewed = _kind(credentials)
    account, lasts = clients.account, _until_expiry(credentials)
    try:
        found = _token_info(clients, str(credentials.token))
    except CallRefused:
        found = {}  # A federated token is none that this API knows.
    if "expires_in" in found:
        lasts = timedelta(seconds=int(found["expires_in"]))
    account = str(found.get("email") or account)
    return Login(account=account, kind=kind, lasts=lasts, is_renewed=is_renewed)


def _token_info(clients: Clients, token: str) -> dict[str, Any]:
    call = clients.oauth.tokeninfo(access_token=token)
    with translated("ask whose token it is", instance="", permission="none is needed"):
        return dict(read(call.execute))


def _refresh(clients: Clients, credentials: Any) -> None:
    if clients.endpoint or credentials.valid:
        return
    with one_at_a_time:
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request
    try:
        credentials.refresh(Request())
    except GoogleAuthError as error:
        raise NotLoggedIn(why=str(error).partition("\n")[0]) from error


def _kind(credentials: Any) -> tuple[str, bool]:
    """By the library's own module: `google.oauth2.credentials` is a person's, and so on."""
    module = type(credentials).__module__
    if "external_account" in module or "identity_pool" in module or "aws" in module:
        return "a workload's identity", True
    if "service_account" in module or "compute_engine" in module or "impersonated" in module:
        return "a service account", True
    is_renewed = bool(getattr(credentials, "refresh_token", ""))
    return ("a personal login" if is_renewed else "a bare token"), is_renewed


def _until_expiry(credentials: Any) -> timedelta | None:
    expiry = getattr(credentials, "expiry", None)  # Naive, and UTC.
    return expiry.replace(tzinfo=UTC) - datetime.now(UTC) if expiry else None
