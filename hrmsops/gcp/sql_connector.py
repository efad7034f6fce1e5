"""Google's Cloud SQL connector: an encrypted stream to an instance, both ends known by certificate.

The library gives each of its drivers one connection. Here whoever knocks at a port of ours gets
one, the project's own manage.py too: so its client and its cache are used, and the stream is ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud import CallNotAnswered, NotLoggedIn
from hrmsops.errors.cloud_sql import InstanceMissing
from hrmsops.errors.tunnel import ClientNotAccepted, NoSuchAddress, ServerProxyUnreachable
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.errors import error_for
from hrmsops.gcp.imports import one_at_a_time

if TYPE_CHECKING:
    from google.cloud.sql.connector.client import CloudSQLClient
    from google.cloud.sql.connector.connection_info import ConnectionInfo
    from google.cloud.sql.connector.lazy import LazyRefreshCache

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

SERVER_PROXY_PORT = 3307
ASK_SECONDS_MAX = 60.0
CONNECT_SECONDS_MAX = 20.0
KINDS = {"public": "PRIMARY", "private": "PRIVATE", "psc": "PSC"}
"""What Cloud SQL calls each `ip_type` of the configuration."""


class SqlConnector:
    """The way of one instance; everything but the making of it runs in one event loop."""

    def __init__(self, clients: Clients, *, connection_name: str, ip_type: str) -> None:
        """`ip_type`: public, private or psc, else `auto`: the first of these that there is."""
        self._clients, self._name, self._ip_type = clients, connection_name, ip_type
        self._client: CloudSQLClient | None = None
        self._cache: LazyRefreshCache | None = None

    @property
    def instance(self) -> str:
        """The instance's name alone."""
        return self._name.rpartition(":")[2]

    async def dial(self) -> Streams:
        """A stream to the server, past its server side proxy.

        Raises NotLoggedIn, NotAuthorised, InstanceMissing, NoSuchAddress, ServerProxyUnreachable
        and what else Google answers.
        """
        with self._translated():
            info = await asyncio.wait_for(self._info(), ASK_SECONDS_MAX)
            context = await info.create_ssl_context()
        kind, address = self._address(info)
        try:
            return await asyncio.wait_for(
                asyncio.open_connection(
                    address, SERVER_PROXY_PORT, ssl=context, server_hostname=address
                ),
                CONNECT_SECONDS_MAX,
            )
        except (OSError, TimeoutError) as error:
            await self._begin_anew()  # Its address or its authority may have changed since.
            why = _said(error) or f"no answer within {CONNECT_SECONDS_MAX:.0f} s"
            raise ServerProxyUnreachable(
                instance=self.instance, address=f"{address}:{SERVER_PROXY_PORT}", kind=kind, why=why
            ) from error

    async def cut_off(self) -> HrmsopsError:
        """In TLS 1.3 a client hears of a certificate that is refused by the end of the stream."""
        await self._begin_anew()
        return ClientNotAccepted(instance=self.instance)

    async def close(self) -> None:
        """Let go of the connection to Google's API."""
        if self._client:
            await self._client.close()

    async def _begin_anew(self) -> None:
        if self._cache:
            await self._cache.force_refresh()

    def _address(self, info: ConnectionInfo) -> tuple[str, str]:
        wanted = tuple(KINDS) if self._ip_type == "auto" else (self._ip_type,)
        for kind in wanted:
            if found := info.ip_addrs.get(KINDS[kind]):
                return kind, str(found[0])
        there = tuple(kind for kind, name in KINDS.items() if name in info.ip_addrs)
        raise NoSuchAddress(instance=self.instance, wanted=self._ip_type, there=there)

    async def _info(self) -> ConnectionInfo:
        if self._cache is None:
            self._cache = self._made()
        return await self._cache.connect_info()

    def _made(self) -> LazyRefreshCache:
        with one_at_a_time:
            from google.cloud.sql.connector.client import CloudSQLClient
            from google.cloud.sql.connector.connection_name import ConnectionName
            from google.cloud.sql.connector.lazy import LazyRefreshCache
            from google.cloud.sql.connector.utils import generate_keys

        credentials = self._clients.credentials
        self._client = CloudSQLClient(
            self._clients.endpoint or None,
            getattr(credentials, "quota_project_id", None),
            credentials,
            driver="hrmsops",
        )
        project, region, instance = self._name.rsplit(":", 2)
        keys: Any = asyncio.get_running_loop().create_task(generate_keys())
        return LazyRefreshCache(ConnectionName(project, region, instance), self._client, keys)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        with one_at_a_time:
            import aiohttp
            from google.auth.exceptions import GoogleAuthError

        doing = f"connect to {self.instance}"
        try:
            yield
        except aiohttp.ClientResponseError as error:
            if error.status == 404:
                raise InstanceMissing(instance=self.instance, why=error.message) from error
            asked = "get" if error.request_info.url.path.endswith("connectSettings") else "connect"
            raise error_for(
                error.status,
                error.message,
                doing=doing,
                permission=f"cloudsql.instances.{asked}",
            ) from error
        except GoogleAuthError as error:
            raise NotLoggedIn(why=str(error).partition("\n")[0]) from error
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            raise CallNotAnswered(doing=doing, why=str(error) or type(error).__name__) from error


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not the instance's: {error.verify_message}"
    return str(error)
