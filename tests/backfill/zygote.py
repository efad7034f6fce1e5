"""Runs in a Django project, which it loads once.

Asked for {"words": [...], "database": NAME}, or {"python": SOURCE, "database": NAME}, with
{"out": PATH} to write to that file: see tests/fork_server.py.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from tests.fork_server import Asked, serve

LOADED = (
    "tests.backfill.odd_models",
    "core.management.commands.backfill_data",
    "hrmsops.backfill.continuing",
    "hrmsops.backfill.listing",
    "hrmsops.backfill.prepared",
    "hrmsops.backfill.running",
)
"""Read before the first fork, so that no child reads it again."""


def main() -> None:
    """Load, then serve."""
    sys.path.insert(0, str(Path.cwd()))
    import django

    django.setup()
    for name in LOADED:
        importlib.import_module(name)
    serve(run)


def run(asked: Asked) -> None:
    """Be the manage.py that was typed."""
    from django.core.management import ManagementUtility
    from django.db import connections

    if path := asked.get("out"):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
    connections["default"].settings_dict["NAME"] = asked["database"]
    if source := asked.get("python"):
        exec(source, {})
    else:
        ManagementUtility(["manage.py", *asked["words"]]).execute()


if __name__ == "__main__":
    main()
