"""Which dialer the configuration asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.config.database_settings import Database
from hrmsops.tunnel.local_port import Dialer

if TYPE_CHECKING:
    from hrmsops.gcp.clients import Clients
    from hrmsops.gcp.sql_resources import Instance


def dialer_of(database: Database, clients: Clients, instance: Instance) -> Dialer:
    """Google's connector within this process, or the Auth Proxy beside it."""
    if database.via == "proxy":
        from hrmsops.tunnel.auth_proxy import AuthProxy

        return AuthProxy(
            database.proxy_binary,
            connection_name=instance.connection_name,
            ip_type=database.ip_type,
            endpoint=clients.endpoint,
        )
    from hrmsops.gcp.sql_connector import SqlConnector

    return SqlConnector(clients, connection_name=instance.connection_name, ip_type=database.ip_type)
