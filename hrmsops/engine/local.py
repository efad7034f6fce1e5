"""What hrmsops keeps on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from hrmsops.engine.store import LocalStore, Store


def state_folder() -> Path:
    """`HRMSOPS_STATE_DIR`, else the platform's folder for state."""
    if configured := os.environ.get("HRMSOPS_STATE_DIR"):
        return Path(configured).absolute()
    import platformdirs

    return platformdirs.user_state_path("hrmsops")


def local_store() -> Store:
    """The records of this user on this machine."""
    return LocalStore(state_folder() / "records")
