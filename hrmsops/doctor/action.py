"""Something that is done in the cloud, and what it asks of the account."""

from __future__ import annotations

from typing import Literal

import msgspec

On = Literal["project", "service", "account", "bucket"]
If = Literal[
    "",
    "schedulers",
    "queues",
    "jobs",
    "worker pools",
    "a maintenance revision",
    "irrevocable queries",
    "a secret",
    "an IAM login",
    "a relay",
    "a tunnel",
    "a shared store",
]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What is done, for which commands, and which permissions that takes.

    `on` is what the grant may be on, besides the project: the service, the account as which it
    runs, the bucket with the records. `only_if` names what the configuration must have for it to
    be done at all. `without` is what goes on where it is not granted: then a lack is a warning.
    `roles`, the smallest first.
    """

    does: str
    permissions: tuple[str, ...]
    roles: tuple[str, ...]
    commands: frozenset[str]
    on: On = "project"
    only_if: If = ""
    without: str = ""
