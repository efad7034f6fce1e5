"""Runs in a Django project, which it loads once.

{"words": [...], "database": NAME}, or {"python": SOURCE, "database": NAME}: see tests/forking.py.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from tests.forking import Asked, serve


def main() -> None:
    """Load, then serve."""
    sys.path.insert(0, str(Path.cwd()))
    import django

    django.setup()
    # Read before the first fork, so that no child reads it again.
    importlib.import_module("tests.backfill.odd_models")
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
