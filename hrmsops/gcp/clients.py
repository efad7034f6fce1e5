"""Google's own clients, made for Google or for a sandbox: the only place that tells them apart."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hrmsops.errors.cloud import NotLoggedIn
from hrmsops.gcp.imports import one_at_a_time, without_asyncio

if TYPE_CHECKING:
    from hrmsops.gcp.cloud_clock import CloudClock
    from hrmsops.gcp.heard import Heard

SECONDS_MAX = 20.0
STORAGE_CONNECTIONS = 32
NO_LOOK_AT_BUCKETS = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"
"""Else Google's client reads each bucket's settings once, for traces that nobody takes: one call
more, and one that asks for a permission which nothing else does."""
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@dataclass(frozen=True)
class Clients:
    """Clients of one endpoint; "" is Google, else a sandbox's `http://127.0.0.1:PORT`."""

    endpoint: str

    @cached_property
    def services(self) -> Any:
        """`google.cloud.run_v2.ServicesClient` over REST."""
        with without_asyncio():
            from google.cloud.run_v2 import ServicesClient
            from google.cloud.run_v2.services.services.transports import ServicesRestTransport

        return ServicesClient(transport=ServicesRestTransport(**self._transport()))

    @property
    def sql(self) -> Any:
        """`sqladmin v1` of googleapiclient."""
        return self._described("sqladmin", "v1")

    @property
    def run(self) -> Any:
        """`run v2` of googleapiclient: for what `google.cloud.run_v2` leaves out or is slow at."""
        return self._described("run", "v2")

    @property
    def scheduler(self) -> Any:
        """`cloudscheduler v1` of googleapiclient."""
        return self._described("cloudscheduler", "v1")

    @property
    def tasks(self) -> Any:
        """`cloudtasks v2` of googleapiclient."""
        return self._described("cloudtasks", "v2")

    @property
    def secrets(self) -> Any:
        """`secretmanager v1` of googleapiclient."""
        return self._described("secretmanager", "v1")

    @property
    def monitoring(self) -> Any:
        """`monitoring v3` of googleapiclient."""
        return self._described("monitoring", "v3")

    @property
    def resource_manager(self) -> Any:
        """`cloudresourcemanager v3` of googleapiclient."""
        return self._described("cloudresourcemanager", "v3")

    @property
    def iam(self) -> Any:
        """`iam v1` of googleapiclient."""
        return self._described("iam", "v1")

    @property
    def service_usage(self) -> Any:
        """`serviceusage v1` of googleapiclient."""
        return self._described("serviceusage", "v1")

    @property
    def registry(self) -> Any:
        """`artifactregistry v1` of googleapiclient."""
        return self._described("artifactregistry", "v1")

    @property
    def oauth(self) -> Any:
        """`oauth2 v2` of googleapiclient."""
        return self._described("oauth2", "v2")

    @cached_property
    def storage(self) -> Any:
        """`google.cloud.storage.Client`, for many threads; what it hears is in `storage_heard`."""
        os.environ.setdefault(NO_LOOK_AT_BUCKETS, "true")
        with one_at_a_time:
            from google.auth.transport.requests import AuthorizedSession
            from google.cloud.storage import Client
            from requests.adapters import HTTPAdapter

        session = AuthorizedSession(self.credentials)
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=STORAGE_CONNECTIONS))
        session.hooks["response"].append(self._hear)
        options = {"api_endpoint": self.endpoint} if self.endpoint else None
        return Client(
            project=None, credentials=self.credentials, client_options=options, _http=session
        )

    @cached_property
    def storage_heard(self) -> Heard:
        """The date of each thread's last reply from Cloud Storage."""
        from hrmsops.gcp.heard import Heard

        return Heard()

    def _hear(self, response: Any, **_: Any) -> None:
        date = response.headers.get("Date", "")
        self.storage_heard.note(date)
        self.cloud_clock.note(date)

    def _described(self, name: str, version: str) -> Any:
        """A client made of Google's description, for every thread."""
        from hrmsops.gcp.described import made

        http = self._http
        with one_at_a_time:
            if name not in self._made:
                self._made[name] = made(name, version, http=http, endpoint=self.endpoint)
            return self._made[name]

    @cached_property
    def _made(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _http(self) -> Any:
        """What every described client asks through; httplib2 is for one thread each."""
        from hrmsops.gcp.described import Dated

        with one_at_a_time:
            import httplib2
            from google_auth_httplib2 import AuthorizedHttp

        credentials = self.credentials

        def connect() -> Any:
            return AuthorizedHttp(credentials, http=httplib2.Http(timeout=SECONDS_MAX))

        return Dated(credentials, connect, self.cloud_clock)

    @cached_property
    def cloud_clock(self) -> CloudClock:
        """What the cloud's clock says, as far as its replies have told."""
        from hrmsops.gcp.cloud_clock import CloudClock

        return CloudClock()

    @cached_property
    def credentials(self) -> Any:
        """Application Default Credentials; against a sandbox any token is good.

        Raises NotLoggedIn where there are none.
        """
        if self.endpoint:
            with one_at_a_time:
                from google.oauth2.credentials import Credentials

            return Credentials("sandbox")
        with one_at_a_time:
            import google.auth
            from google.auth.exceptions import DefaultCredentialsError

        try:
            credentials, _project = google.auth.default(scopes=[SCOPE])
        except DefaultCredentialsError as error:
            raise NotLoggedIn(why=str(error).partition("\n")[0]) from error
        return credentials

    @property
    def account(self) -> str:
        """Who acts: a service account's address, a person's where the credentials tell it."""
        if self.endpoint:
            return os.environ.get("HRMSOPS_ACCOUNT", "oncall@nhia.example")
        credentials = self.credentials
        for name in ("service_account_email", "account"):
            if (address := getattr(credentials, name, "")) and address != "default":
                return str(address)
        return f"{os.environ.get('USER', 'unknown')} (application default credentials)"

    def _transport(self) -> dict[str, Any]:
        if not self.endpoint:
            return {"credentials": self.credentials}
        url = urlsplit(self.endpoint)
        return {"host": url.netloc, "url_scheme": url.scheme, "credentials": self.credentials}
