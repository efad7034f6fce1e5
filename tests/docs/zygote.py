"""Loads hrmsops once, and forks for each command line that it is told.

A command costs a fork, not a start of Python, and is a process of its own all the same: with its
own folder, environment and streams. Speaks JSON lines:
{"words": [...], "folder": ..., "variables": {...}}, answered by {"code", "out", "err"}.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import tempfile
import traceback
from typing import Any, NoReturn

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
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answered(json.loads(line))) + "\n")
        sys.stdout.flush()


def answered(asked: dict[str, Any]) -> dict[str, Any]:
    """How the command ended, and what it wrote."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if not pid:
            _child(asked, out.fileno(), err.fileno())
        _, status = os.waitpid(pid, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return {"code": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}


def _child(asked: dict[str, Any], out: int, err: int) -> NoReturn:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["variables"])
    sys.argv = ["hrmsops", *asked["words"]]
    code = 70
    try:
        from hrmsops.entry import main as entry

        entry()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
