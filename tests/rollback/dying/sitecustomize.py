"""Python runs this at its start: it counts what is synced to disk, and dies at one of them."""

import os
import signal
from pathlib import Path
from typing import Any

DIE_AT = int(os.environ.get("DIE_AT_SYNC", "0"))
COUNT_INTO = os.environ.get("COUNT_SYNCS_INTO", "")

_fsync = os.fsync
_count = 0


def _counted(fd: Any) -> None:
    global _count
    _fsync(fd)
    _count += 1
    if COUNT_INTO:
        Path(COUNT_INTO).write_text(str(_count))
    if _count == DIE_AT:
        os.kill(os.getpid(), signal.SIGKILL)


if DIE_AT or COUNT_INTO:
    os.fsync = _counted
