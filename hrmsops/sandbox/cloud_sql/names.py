"""Names and links of Cloud SQL's resources."""

from __future__ import annotations

import re

from hrmsops.sandbox.cloud_sql import refusals
from hrmsops.sandbox.cloud_sql.cloud import PROJECT, REGION

_NAME = re.compile(r"[a-z][a-z0-9-]*")
NAME_MAX = 98
"""With the project's name and a colon."""
_API = f"https://sqladmin.googleapis.com/v1/projects/{PROJECT}"


def check_project(project: str) -> None:
    """Refuse any project but the sandbox's."""
    if project != PROJECT:
        raise refusals.not_yours(project)


def check_new_name(name: str) -> None:
    """Lower-case letters, digits, hyphens, a letter first, 98 with the project's."""
    if not _NAME.fullmatch(name) or len(f"{PROJECT}:{name}") > NAME_MAX:
        raise refusals.invalid(f"invalid instance name ({name})")


def connection_name(instance: str) -> str:
    """PROJECT:REGION:INSTANCE."""
    return f"{PROJECT}:{REGION}:{instance}"


def link(*words: str) -> str:
    """A resource's own address at Google: `instances`, NAME."""
    return "/".join((_API, *words))


def backup_name(uid: str) -> str:
    """projects/PROJECT/backups/UID."""
    return f"projects/{PROJECT}/backups/{uid}"
