"""What the Auth Proxy says when it does not get through, as an error of ours."""

from __future__ import annotations

import re

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud import NotAuthorised, NotLoggedIn
from hrmsops.errors.cloud_sql import InstanceMissing
from hrmsops.errors.tunnel import AuthProxyFailed, ServerProxyUnreachable

_STAMP = re.compile(r"^\d{4}[/-]\d\d[/-]\d\d[ T][\d:.Z]+\s+")
_TROUBLE = re.compile(
    r"(?i)couldn't connect|failed to connect|error|denied|unable to|must set|fatal"
)
_ADDRESS = re.compile(r"dial tcp (\S+:\d+)")


def explained(
    words: tuple[str, ...], *, binary: str, instance: str, ip_type: str
) -> HrmsopsError | None:
    """What its last words of trouble mean; None where it had none."""
    lines = [_STAMP.sub("", each) for each in words]
    troubles = [n for n, line in enumerate(lines) if _TROUBLE.search(line)]
    if not troubles:
        return None
    # Version 1 breaks off after "errors parsing config:" and tells what on the next line.
    why = " ".join(
        lines[troubles[-1] - (troubles[-1] > 0 and lines[troubles[-1] - 1][-1:] == ":") :]
    )
    why = why[:300]
    said = why.lower()
    if "instancedoesnotexist" in said or "does not exist" in said:
        return InstanceMissing(instance=instance, why=why)
    if "error 403" in said or "notauthorized" in said or "not authorized" in said:
        doing = f"connect to {instance} with {binary}"
        return NotAuthorised(doing=doing, permission="cloudsql.instances.connect", why=why)
    if any(
        each in said for each in ("error 401", "invalid_grant", "default credentials", "reauth")
    ):
        return NotLoggedIn(why=why)
    if found := _ADDRESS.search(why):
        kind = "public" if ip_type == "auto" else ip_type
        return ServerProxyUnreachable(instance=instance, address=found[1], kind=kind, why=why)
    return AuthProxyFailed(binary=binary, instance=instance, why=why)
