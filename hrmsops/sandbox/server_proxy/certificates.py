"""The certificates of an instance: its own authority's, its server's, its clients' for an hour."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

TEN_YEARS = timedelta(days=3650)
CLIENT_LIFE_MAX = timedelta(hours=1)
_CLOCKS_APART = timedelta(minutes=5)
_HELD = "2.25.336172390487261750146302190187214501"
"""The sandbox's own sign for a token within a certificate; Cloud SQL's is not told to anybody."""


class UnusableKey(ValueError):
    """What a client sent is no public key that a certificate can be made for."""


@dataclass(frozen=True, kw_only=True)
class Signer:
    """A certificate and its private key: an instance's authority."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


def new_authority() -> Signer:
    """One of its own for an instance, named as Google names them."""
    from cryptography import x509

    key = new_key()
    name = _name("Google Cloud SQL Server CA", qualifier=str(uuid.uuid4()))
    builder = _builder(name, key.public_key(), issuer=name, life=TEN_YEARS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    return Signer(certificate=_signed(builder, key), key=key)


def for_server(authority: Signer, key: EllipticCurvePrivateKey, name: str) -> x509.Certificate:
    """The server's certificate; its CN is `PROJECT:INSTANCE`, which clients compare."""
    from cryptography.x509.oid import ExtendedKeyUsageOID

    builder = _builder(
        _name(name), key.public_key(), issuer=authority.certificate.subject, life=TEN_YEARS
    )
    return _issued(authority, builder, usage=ExtendedKeyUsageOID.SERVER_AUTH)


def for_client(
    authority: Signer,
    key: CertificatePublicKeyTypes,
    name: str,
    *,
    life: timedelta,
    token: str = "",
) -> x509.Certificate:
    """A client's certificate, good at this authority's instance alone.

    With the `token` of an account in it: whoever comes with it is logged in with that.
    """
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    builder = _builder(_name(name), key, issuer=authority.certificate.subject, life=life)
    if token:
        held = x509.UnrecognizedExtension(x509.ObjectIdentifier(_HELD), token.encode())
        builder = builder.add_extension(held, critical=False)
    return _issued(authority, builder, usage=ExtendedKeyUsageOID.CLIENT_AUTH)


def token_in(certificate: bytes) -> str:
    """The token that a client's certificate, as DER, was made with; "" where there was none."""
    from cryptography import x509

    found = x509.load_der_x509_certificate(certificate).extensions
    values = [each.value for each in found if each.oid.dotted_string == _HELD]
    return "".join(v.value.decode() for v in values if isinstance(v, x509.UnrecognizedExtension))


def new_key() -> EllipticCurvePrivateKey:
    """A key on P-256: an RSA key would take a hundred times as long."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def public_key(pem: str) -> CertificatePublicKeyTypes:
    """The key in a client's PEM, whatever its label says; raises UnusableKey.

    The older proxy calls a SubjectPublicKeyInfo an `RSA PUBLIC KEY`.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    inner = "".join(line for line in pem.split("\n") if line.strip() and "-----" not in line)
    try:
        key = load_der_public_key(base64.b64decode(inner, validate=False))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKey(str(error)) from error
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise UnusableKey("neither RSA nor elliptic curve")
    return key


def _issued(
    authority: Signer, builder: x509.CertificateBuilder, *, usage: x509.ObjectIdentifier
) -> x509.Certificate:
    from cryptography import x509

    known_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(known_by, critical=False)
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return _signed(builder, authority.key)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What a key may do (RFC 5280, 4.2.1.3): sign certificates, or handshakes."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name,
    key: CertificatePublicKeyTypes,
    *,
    issuer: x509.Name,
    life: timedelta,
) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_APART)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, key: EllipticCurvePrivateKey) -> x509.Certificate:
    from cryptography.hazmat.primitives import hashes

    return builder.sign(key, hashes.SHA256())


def _name(common_name: str, *, qualifier: str = "") -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    words = [
        (NameOID.DN_QUALIFIER, qualifier),
        (NameOID.COMMON_NAME, common_name),
        (NameOID.ORGANIZATION_NAME, "Google, Inc"),
        (NameOID.COUNTRY_NAME, "US"),
    ]
    # The clients look for PROJECT:INSTANCE whole, which may have more than X.509's 64 characters.
    return x509.Name([x509.NameAttribute(*each, _validate=False) for each in words if each[1]])
