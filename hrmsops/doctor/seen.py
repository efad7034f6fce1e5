"""What a session in the database saw."""

from __future__ import annotations

import msgspec


class DatabaseSeen(msgspec.Struct, frozen=True, kw_only=True):
    """`way` is how it is reached, in a person's words. The rest is what was seen there.

    `is_tried` is false where that would have made something in the cloud: then nothing is known.
    `running_out` has a sentence for each table whose partitions end soon.
    """

    way: str
    is_tried: bool
    milliseconds: int = 0
    version: str = ""
    role: str = ""
    connections: int = 0
    connections_max: int = 0
    running_out: tuple[tuple[str, str], ...] = ()
    """A table, and what becomes of its later rows."""
