"""The Auth Proxy's binary on this machine, and how each of its two versions is told what to do."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hrmsops.errors.tunnel import AuthProxyMissing

NAMES = ("cloud-sql-proxy", "cloud_sql_proxy")
VERSION_SECONDS_MAX = 20.0
_SANDBOX_TOKEN = "sandbox"  # noqa: S105 - good for any sandbox, and for nothing else.
_KINDS_1 = {"auto": "PUBLIC,PRIVATE", "public": "PUBLIC", "private": "PRIVATE"}
_FLAGS_2 = {"auto": ("--auto-ip",), "private": ("--private-ip",), "psc": ("--psc",)}


@dataclass(frozen=True, kw_only=True)
class Binary:
    """One that was found and has told its version."""

    path: str
    version: int
    """The major one: 1 was `cloud_sql_proxy`, 2 is `cloud-sql-proxy`."""

    @property
    def name(self) -> str:
        return Path(self.path).name

    def command(
        self, connection_name: str, *, folder: Path, ip_type: str, endpoint: str
    ) -> tuple[list[str], dict[str, str]]:
        """Its words and its variables: a socket below `folder` that leads to the instance.

        No secret stands in either: against Google it logs in by itself, as its login says. Raises
        AuthProxyMissing where this version cannot.
        """
        if self.version > 1:
            return self._second(connection_name, folder, ip_type, endpoint)
        return self._first(connection_name, folder, ip_type, endpoint), {}

    def _first(self, name: str, folder: Path, ip_type: str, endpoint: str) -> list[str]:
        if ip_type not in _KINDS_1:
            why = "Version 1 does not know Private Service Connect."
            raise AuthProxyMissing(looked_for="a version 2", why=why)
        words = [
            self.path,
            f"-dir={folder}",
            f"-instances={name}=unix:{folder}/s",
            f"-ip_address_types={_KINDS_1[ip_type]}",
        ]
        if endpoint:
            words += [f"-host={endpoint}/", f"-token={_SANDBOX_TOKEN}"]
        return words

    def _second(
        self, name: str, folder: Path, ip_type: str, endpoint: str
    ) -> tuple[list[str], dict[str, str]]:
        words = [self.path, f"{name}?unix-socket-path={folder}/s", *_FLAGS_2.get(ip_type, ())]
        if not endpoint:
            return words, {}
        return [*words, f"--sqladmin-api-endpoint={endpoint}/"], {
            "CSQL_PROXY_TOKEN": _SANDBOX_TOKEN
        }


def find(named: str) -> Binary:
    """The one that is named, else the first of NAMES on PATH; raises AuthProxyMissing."""
    looked_for = named or " or ".join(NAMES)
    names = (named,) if named else NAMES
    found = next((path for each in names if (path := shutil.which(each))), "")
    if not found:
        why = "It is not there, or is no program." if named else "Neither is found on PATH."
        raise AuthProxyMissing(looked_for=looked_for, why=why)
    return Binary(path=found, version=_version(found, looked_for))


def _version(path: str, looked_for: str) -> int:
    """Both answer `--version`: `cloud-sql-proxy version 2.…` and `Cloud SQL Proxy: …`."""
    try:
        told = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_SECONDS_MAX,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AuthProxyMissing(looked_for=looked_for, why=str(error)) from error
    words = f"{told.stdout}{told.stderr}".strip()
    if words.startswith("cloud-sql-proxy version"):
        return 2
    if words.startswith("Cloud SQL Proxy"):
        return 1
    why = f"{path} --version says {words.partition(chr(10))[0][:80]!r}."
    raise AuthProxyMissing(looked_for=looked_for, why=why)
