"""Google's connector and Debian's older proxy reach an instance by its server side proxy."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from hrmsops.postgres.ports import free_port
from hrmsops.sandbox.client import Client
from tests.fixtures.refusals import refusal
from tests.sandbox.cloud_sql import APP, PASSWORD, done, make, patched
from tests.sandbox.connectors import Account, connected, connector
from tests.sandbox.waiting import eventually

pytestmark = pytest.mark.usefixtures("tidy")


def test_the_connector_reaches_an_instance_as_its_application(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    certificate(sandbox, name)

    with connector(sandbox) as google, connected(google, name) as session:
        asked = session.execute("SELECT current_user, repeat('x', 3000000)").fetchone()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connected(google, name, password="wrong")

    assert asked == (APP, "x" * 3_000_000)
    folder = sandbox.home.certificates / name
    secret = [each for each in folder.iterdir() if "PRIVATE KEY" in each.read_text()]
    assert sorted(each.name for each in secret) == ["authority.pem", "server.pem"]
    assert {each.stat().st_mode & 0o077 for each in (folder, *secret)} == {0}
    logged = (sandbox.home.logs / "requests.jsonl").read_text()
    assert '"access_token":"***"' in logged
    for text in ("PRIVATE KEY", '"access_token":"sandbox', "planted-token"):
        assert text not in logged


def test_an_account_is_logged_in_by_its_certificate_alone(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    role = "hrms-by-itself@nhia-hrms.iam"
    user = {"name": role, "type": "CLOUD_IAM_SERVICE_ACCOUNT"}
    done(sandbox, "POST", f"instances/{name}/users", user)
    who: dict[str, Any] = {"user": f"{role}.gserviceaccount.com", "password": None}

    with (
        connector(sandbox, credentials=Account(), enable_iam_auth=True) as google,
        connected(google, name, **who) as session,
    ):
        assert session.execute("SELECT current_user").fetchone() == (role,)
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            connected(google, name, password=None)  # A role of the application's has one.
    with (
        connector(sandbox, credentials=Account("another"), enable_iam_auth=True) as google,
        pytest.raises(psycopg.OperationalError, match="password authentication failed"),
    ):
        connected(google, name, **who)
    with (
        connector(sandbox) as google,
        pytest.raises(psycopg.OperationalError, match="no password supplied"),
    ):
        connected(google, name, user=role, password=None)


def test_the_connector_is_told_why_not(sandbox: Client, name: str) -> None:
    make(sandbox, name)

    with connector(sandbox) as google:
        with pytest.raises(aiohttp.ClientResponseError, match="does not exist"):
            connected(google, f"{name}-none")
        with pytest.raises(ValueError, match="got region us-east1, expected us-central1"):
            connected(google, name, region="us-east1")
        patched(sandbox, name, activationPolicy="NEVER")
        with pytest.raises(aiohttp.ClientResponseError, match="instance is not running"):
            connected(google, name)
    with pytest.raises(ConnectionRefusedError):
        knock(sandbox, name)
    path = f"instances/{name}:generateEphemeralCert"
    patched(sandbox, name, activationPolicy="ALWAYS")
    knock(sandbox, name)
    assert refusal(sandbox.sql, "POST", path, {"public_key": "none"}) == "400 invalid"


def test_a_certificate_is_good_at_its_own_instance_alone(sandbox: Client, name: str) -> None:
    from google.cloud.sql.connector.exceptions import CloudSQLIPTypeError

    make(sandbox, name)
    make(sandbox, f"{name}-other")

    with connector(sandbox) as google:
        connected(google, name).close()
        [cache] = google._cache.values()
        known = cache.cache._cached
        known.ip_addrs = {"PRIMARY": [address(sandbox, f"{name}-other")]}
        with pytest.raises(OSError, match=r"CERTIFICATE_VERIFY_FAILED"):
            connected(google, name)
        with pytest.raises(CloudSQLIPTypeError, match="PRIVATE"):
            connected(google, f"{name}-other", ip_type="PRIVATE")
    assert met(sandbox, f"{name}-other", certificate(sandbox, f"{name}-other")) == "let in"
    assert met(sandbox, f"{name}-other", certificate(sandbox, name)) == "turned away"


@pytest.mark.cloud_sql_proxy
@pytest.mark.skipif(
    shutil.which("cloud_sql_proxy") is None, reason="Debian's cloudsql-proxy is not installed"
)
def test_debians_proxy_leads_to_an_instance(sandbox: Client, name: str, tmp_path: Path) -> None:
    make(sandbox, name)

    with (
        debians_proxy(sandbox, name, tmp_path / "proxy.log") as port,
        psycopg.connect(
            host="127.0.0.1",
            port=port,
            dbname="hrms",
            user=APP,
            password=PASSWORD,
            sslmode="disable",
        ) as session,
    ):
        assert session.execute("SELECT current_user").fetchone() == (APP,)


def address(sandbox: Client, instance: str) -> str:
    """The address that the connectors are told."""
    told = sandbox.sql("GET", f"instances/{instance}/connectSettings")
    return str(told["ipAddresses"][0]["ipAddress"])


def knock(sandbox: Client, instance: str) -> None:
    """Whether somebody listens where the connectors come."""
    socket.create_connection((address(sandbox, instance), 3307), timeout=20).close()


def certificate(sandbox: Client, instance: str) -> Path:
    """A file with a client's key and its certificate, made as the older proxy asks for one."""
    key = ec.generate_private_key(ec.SECP256R1())
    shown = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    wish = {"public_key": shown.decode(), "access_token": "planted-token"}
    made = sandbox.sql("POST", f"instances/{instance}/createEphemeral", wish)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = sandbox.home.root.parent / f"{instance}.pem"
    file.write_bytes(secret + made["cert"].encode())
    return file


def met(sandbox: Client, instance: str, client: Path) -> str:
    """How an instance's proxy meets one that comes with a key and a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(client)
    with (
        socket.create_connection((address(sandbox, instance), 3307), timeout=20) as plain,
        context.wrap_socket(plain) as session,
    ):
        try:
            session.sendall((8).to_bytes(4, "big") + (80877103).to_bytes(4, "big"))  # SSLRequest.
            return {b"N": "let in", b"": "turned away"}[session.recv(1)]
        except (ssl.SSLError, ConnectionError):
            return "turned away"


@contextmanager
def debians_proxy(sandbox: Client, instance: str, log: Path) -> Iterator[int]:
    """The port of Debian's cloud_sql_proxy while it runs."""
    port = free_port()
    words = [
        f"-instances=nhia-hrms:us-central1:{instance}=tcp:127.0.0.1:{port}",
        f"-host={sandbox.endpoint}/",
        "-token=sandbox",
    ]
    with log.open("wb") as told:
        proxy = subprocess.Popen(
            ["cloud_sql_proxy", *words], stderr=told, stdout=told, env={"PATH": os.defpath}
        )
    try:
        eventually(lambda: "Ready for new connections" in log.read_text())
        yield port
    finally:
        proxy.terminate()
        proxy.wait(20)
