"""Whether a deploy took effect: the image that was meant gets every request."""

from __future__ import annotations

import re
import shlex

from hrmsops.errors.serving import ImageNotServing, ImageWithoutDigest
from hrmsops.rollback.status import RevisionStatus, Status

DIGEST = re.compile(r"(?:.+@)?(sha256:[0-9a-f]{64})")
REASON = "the deploy is to serve"


def digest_of(reference: str) -> str:
    """The digest in a reference, or the digest itself; raises ImageWithoutDigest."""
    found = DIGEST.fullmatch(reference.strip())
    if found is None:
        raise ImageWithoutDigest(given=reference)
    return found[1]


def require_served(status: Status, digest: str) -> None:
    """Return where every request truly goes to revisions of this image; else ImageNotServing."""
    having = [each for each in status.revisions if each.digest == digest]
    percent = sum(each.percent for each in having)
    if percent == 100 and not status.is_reconciling:
        return
    why, fix = _why(status, having, digest)
    raise ImageNotServing(digest=digest, percent=percent, why=why, fix=fix)


def _why(status: Status, having: list[RevisionStatus], digest: str) -> tuple[str, str]:
    """What stands in the way, and the command that mends it."""
    again = f"hrmsops status -e {status.environment} --expect-image {digest}"
    if status.is_reconciling:
        return "A change of the service is under way.", again
    if not having:
        serving = f"No revision has it. The traffic goes {status.serving}."
        return serving, f"Deploy it, then: {again}"
    newest = max(having, key=lambda each: each.created_at)
    if newest.trouble:
        return f"{newest.name} has it, and is {newest.trouble}.", f"Mend that, then: {again}"
    if status.is_pinned:
        unpin = f"hrmsops unpin -e {status.environment} --reason {shlex.quote(REASON)}"
        return f"{newest.name} has it. The traffic is pinned: {status.serving}.", unpin
    reason = shlex.quote(REASON)
    here = f"hrmsops rollback app -e {status.environment} --revision {newest.name}"
    return f"{newest.name} has it. The traffic goes {status.serving}.", f"{here} --reason {reason}"
