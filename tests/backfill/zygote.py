"""Runs in a Django project, which it loads once.

{"words": [...], "database": NAME}, or {"python": SOURCE, "database": NAME}: see tests/forking.py.
"""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

from tests.forking import Asked, serve

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
    gc.freeze()  # Looking through it for garbage would copy it in each child.
    serve(run)


def run(asked: Asked) -> None:
    """Be the manage.py that was typed."""
    from django.core.management import ManagementUtility
    from django.db import connections

    connections["default"].settings_dict["NAME"] = asked["database"]
    if source := asked.get("python"):
        exec(source, {})
    else:
        ManagementUtility(["manage.py", *asked["words"]]).execute()


if __name__ == "__main__":
    main()
