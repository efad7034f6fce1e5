"""What Cloud SQL's connectors and proxies ask for: where an instance is, and a certificate."""

from __future__ import annotations

from datetime import timedelta

from hrmsops.sandbox.api import Request
from hrmsops.sandbox.cloud_sql import instances, refusals, settings
from hrmsops.sandbox.cloud_sql.cloud import CloudSql
from hrmsops.sandbox.cloud_sql.ssl_certs import ssl_cert
from hrmsops.sandbox.state import Json

_SHOWN = (
    *("ipAddresses", "databaseVersion", "region", "backendType", "connectionName"),
    *("serverCaCert", "serverCaMode"),
)


def get(cloud: CloudSql, request: Request) -> Json:
    """connect.get: all that a client must know beforehand."""
    document = instances.existing(cloud, request)
    shown = instances.view(cloud, document)
    known: Json = {name: shown[name] for name in _SHOWN if name in shown}
    known["serverCaMode"] = "GOOGLE_MANAGED_INTERNAL_CA"
    return {"kind": "sql#connectSettings", **known, **_psc(cloud, document)}


def _psc(cloud: CloudSql, document: Json) -> Json:
    """Private Service Connect. Unlike Cloud SQL's, its name is an address: nobody serves names."""
    asked = document["settings"]["ipConfiguration"].get("pscConfig") or {}
    if not asked.get("pscEnabled"):
        return {}
    return {"pscEnabled": True, "dnsName": cloud.instances.address(document["name"])}


def generate_ephemeral_cert(cloud: CloudSql, request: Request) -> Json:
    """connect.generateEphemeralCert, as today's connectors ask."""
    return {"ephemeralCert": _issue(cloud, request)}


def create_ephemeral(cloud: CloudSql, request: Request) -> Json:
    """sslCerts.createEphemeral, as the older proxy asks."""
    return _issue(cloud, request)


def _issue(cloud: CloudSql, request: Request) -> Json:
    """A client's certificate for an hour. Unlike Cloud SQL: any caller's, as there is no IAM."""
    from hrmsops.sandbox.server_proxy import certificates

    document = instances.existing(cloud, request)
    name = document["name"]
    if instances.shown_state(document) != "RUNNABLE" or not settings.is_on(document["settings"]):
        raise refusals.not_running()
    try:
        key = certificates.public_key(str(request.body.get("public_key", "")))
    except certificates.UnusableKey as error:
        raise refusals.invalid("the public key is not valid") from error
    life = min(_asked_life(request), certificates.CLIENT_LIFE_MAX)
    made = certificates.for_client(
        cloud.authorities.of(name),
        key,
        request.account,
        life=life,
        token=str(request.body.get("access_token", "")),
    )
    return ssl_cert(name, made)


def _asked_life(request: Request) -> timedelta:
    asked = str(request.body.get("validDuration") or "3600s")
    try:
        life = timedelta(seconds=float(asked.removesuffix("s")))
    except (ValueError, OverflowError):
        life = timedelta(0)
    if not asked.endswith("s") or life <= timedelta(0):
        raise refusals.invalid(f"validDuration {asked}")
    return life
