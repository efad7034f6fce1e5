"""Loads hrmsops once; each command line has its own folder and environment.

{"words": [...], "folder": ..., "variables": {...}}: see tests/forking.py.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

from tests.forking import Asked, serve

LOADED = ("cli", "commands", "console", "gcp", "plans", "postgres", "rollback", "steps")
"""What commands import when they are typed; a module that is missing here only costs time."""


def main() -> None:
    """Load, then serve."""
    for name in LOADED:
        package = importlib.import_module(f"hrmsops.{name}")
        below = getattr(package, "__path__", ())
        for found in pkgutil.walk_packages(below, f"hrmsops.{name}."):
            importlib.import_module(found.name)
    for name in ("googleapiclient.discovery", "google.cloud.run_v2", "psycopg", "questionary"):
        importlib.import_module(name)
    serve(run)


def run(asked: Asked) -> None:
    """Be the hrmsops that was typed."""
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["variables"])
    sys.argv = ["hrmsops", *asked["words"]]
    from hrmsops.entry import main as entry

    entry()


if __name__ == "__main__":
    main()
