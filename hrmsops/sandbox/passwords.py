"""The passwords of a sandbox's database roles: made by chance, kept in its folder."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable

import msgspec

from hrmsops.sandbox.home import Home

FILE = "passwords.json"


def kept(home: Home) -> dict[str, str]:
    """The password of each `INSTANCE/ROLE` that the folder holds."""
    file = home.root / FILE
    return msgspec.json.decode(file.read_bytes(), type=dict[str, str]) if file.exists() else {}


def passwords(home: Home, instances: Iterable[str], roles: Iterable[str]) -> dict[str, str]:
    """The password of each `INSTANCE/ROLE`; what the folder does not hold yet is made and kept."""
    known = kept(home)
    names = {f"{instance}/{role}" for instance in instances for role in roles}
    if names <= known.keys():
        return known
    known |= {name: secrets.token_urlsafe(18) for name in names - known.keys()}
    descriptor = os.open(home.root / FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(msgspec.json.encode(known))
    return known
