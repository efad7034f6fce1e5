"""The application's own log of committed writes, as it would be exported from Cloud Logging."""

from __future__ import annotations

from pathlib import Path

from hrmsops.sandbox.blueprint import Environment
from hrmsops.sandbox.home import Home


def exported(home: Home, environment: Environment) -> Path:
    """What the environment's revisions have logged so far, in one file of the sandbox's folder."""
    file = home.root / "committed.jsonl"
    logs = sorted(home.logs.glob(f"{environment.service}-*.log"))
    file.touch(mode=0o600)
    file.write_bytes(b"".join(log.read_bytes() for log in logs))
    return file
