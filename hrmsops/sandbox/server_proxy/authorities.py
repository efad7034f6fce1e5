"""The authority of each instance and its server's certificate, made when they are first asked for.

Their files are whole or not there, and nobody but the owner of the sandbox reads them.
"""

from __future__ import annotations

import shutil
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.sandbox.server_proxy import certificates

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from hrmsops.sandbox.server_proxy.certificates import Signer

_AUTHORITY, _SERVER = "authority.pem", "server.pem"


class Authorities:
    """One for each instance, by its name; safe to use from many threads."""

    def __init__(self, folder: Path, *, project: str) -> None:
        """Google's library for certificates is loaded with the first authority, not here."""
        self._folder, self._project = folder, project
        self._known: dict[str, Signer] = {}
        self._lock = threading.RLock()

    def of(self, instance: str) -> Signer:
        """The instance's authority."""
        with self._lock:
            if instance not in self._known:
                self._known[instance] = _read(self._made(instance) / _AUTHORITY)
            return self._known[instance]

    def server_context(self, instance: str) -> ssl.SSLContext:
        """How the instance's server speaks: TLS 1.3, with its own clients alone."""
        authority = self.of(instance)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self._folder / instance / _SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=pem(authority.certificate))
        return context

    def forget(self, instance: str) -> None:
        """Remove what an instance that is gone had; absent is fine."""
        with self._lock:
            self._known.pop(instance, None)
            shutil.rmtree(self._folder / instance, ignore_errors=True)

    def _made(self, instance: str) -> Path:
        folder = self._folder / instance
        if folder.exists():
            return folder
        draft = self._folder / f"{instance}.new"  # No instance is called so.
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        authority, key = certificates.new_authority(), certificates.new_key()
        server = certificates.for_server(authority, key, f"{self._project}:{instance}")
        _write(draft / _AUTHORITY, authority.key, authority.certificate)
        _write(draft / _SERVER, key, server)
        return draft.rename(folder)


def pem(certificate: x509.Certificate) -> str:
    """A certificate as text."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode()


def _write(path: Path, key: EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path.touch(mode=0o600)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + pem(certificate).encode())


def _read(path: Path) -> Signer:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = path.read_bytes()
    key = load_pem_private_key(text, password=None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return certificates.Signer(certificate=x509.load_pem_x509_certificate(text), key=key)
