"""Identity tokens: what a closed Cloud Run service asks of those who call it."""

from __future__ import annotations

from typing import Any

from hrmsops.errors.cloud import NotLoggedIn
from hrmsops.gcp.clients import Clients

_GENERATE = (
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateIdToken"
)


def identity_token(clients: Clients, audience: str) -> str:
    """A token of whoever acts, for the service at `audience`; lasts an hour.

    A person's comes with the login itself. A service account's is signed by its own key, by the
    metadata server, or by the IAM Credentials API where the account is impersonated (a workflow
    of GitHub's). Raises NotLoggedIn.
    """
    if clients.endpoint:
        return str(clients.credentials.token)  # Against a sandbox any token is good.
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    try:
        return _token(clients.credentials, audience, Request())
    except GoogleAuthError as error:
        raise NotLoggedIn(why=str(error).partition("\n")[0]) from error


def _token(credentials: Any, audience: str, request: Any) -> str:
    from google.oauth2 import credentials as of_persons
    from google.oauth2 import id_token, service_account

    if isinstance(credentials, of_persons.Credentials):
        credentials.refresh(request)
        return _required(credentials.id_token)
    if isinstance(credentials, service_account.Credentials):
        own: Any = service_account.IDTokenCredentials
        signed = own(
            signer=credentials.signer,
            service_account_email=credentials.service_account_email,
            token_uri="https://oauth2.googleapis.com/token",  # noqa: S106 - a URL.
            target_audience=audience,
        )
        signed.refresh(request)
        return _required(signed.token)
    account = str(getattr(credentials, "service_account_email", "") or "")
    if "@" in account and "compute_engine" not in type(credentials).__module__:
        return _generated(credentials, account, audience, request)
    return _required(id_token.fetch_id_token(request, audience))


def _generated(credentials: Any, account: str, audience: str, request: Any) -> str:
    from google.auth.transport.requests import AuthorizedSession

    session: Any = AuthorizedSession(credentials, auth_request=request)
    body = {"audience": audience, "includeEmail": True}
    reply = session.post(_GENERATE.format(account=account), json=body, timeout=20)
    if reply.status_code != 200:
        raise NotLoggedIn(why=f"No identity token for {account}: HTTP {reply.status_code}.")
    return _required(reply.json().get("token"))


def _required(token: Any) -> str:
    if not token:
        raise NotLoggedIn(why="The credentials carry no identity token.")
    return str(token)
