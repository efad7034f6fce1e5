"""One request as it came over the wire, and what is sent back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hrmsops.sandbox.faults import Fault
from hrmsops.sandbox.state import Json


@dataclass(frozen=True, kw_only=True)
class Call:
    """One HTTP request as it came over the wire; `target` may be a path or an absolute URI."""

    method: str
    target: str
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is to be sent, or, when a fault says so, not sent.

    `content` None: the JSON of `body` is sent; else these bytes are, and `body` is for the log.
    """

    status: int
    body: Json
    fault: Fault | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
