"""What a person types where hrmsops does not act by itself."""

from __future__ import annotations

import shlex


def deletion(instance: str, *, project: str) -> str:
    """Delete an instance; a clone has its source's protection, in whose way nothing is deleted."""
    where = f"--project={project}"
    patch = ["gcloud", "sql", "instances", "patch", instance, "--no-deletion-protection", where]
    delete = ["gcloud", "sql", "instances", "delete", instance, where]
    return f"{shlex.join(patch)} && {shlex.join(delete)}"
