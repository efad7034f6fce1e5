"""How the API shows a certificate: it is public, its key never is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from hrmsops.sandbox.cloud_sql import names
from hrmsops.sandbox.state import Json

if TYPE_CHECKING:
    from cryptography import x509


def ssl_cert(instance: str, certificate: x509.Certificate) -> Json:
    """An SslCert."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    encoded = certificate.public_bytes(Encoding.DER)
    fingerprint = hashlib.sha1(encoded, usedforsecurity=False).hexdigest()
    [common_name] = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return {
        "kind": "sql#sslCert",
        "cert": certificate.public_bytes(Encoding.PEM).decode(),
        "certSerialNumber": str(certificate.serial_number),
        "commonName": str(common_name.value),
        "createTime": certificate.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "expirationTime": certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "sha1Fingerprint": fingerprint,
        "instance": instance,
        "selfLink": names.link("instances", instance, "sslCerts", fingerprint),
    }
