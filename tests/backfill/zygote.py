"""Runs in a Django project: loads it once, and forks for each command line that it is told.

A command costs a fork, not a start of Django; and a fork can be killed like any process. Speaks
JSON lines: {"words": [...], "database": NAME}; with {"kill_when_told": TEXT, "kill_after": SECONDS}
the command is killed so long after it has written that; with {"out": PATH} it writes to that file.
"""

import json
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any


def main() -> None:
    sys.path.insert(0, str(Path.cwd()))
    import django

    django.setup()
    # Read before the first fork, so that no child reads it again.
    import tests.backfill.odd_models  # noqa: F401

    for line in sys.stdin:
        sys.stdout.write(json.dumps(answered(json.loads(line))) + "\n")
        sys.stdout.flush()


def answered(asked: dict[str, Any]) -> dict[str, Any]:
    with _file(asked.get("out")) as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if not pid:
            _child(asked, out.fileno(), err.fileno())
        if asked.get("kill_after") is not None:
            _wait_until_told(out.fileno(), asked["kill_when_told"].encode(), pid)
            time.sleep(asked["kill_after"])
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return {"code": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}


def _file(path: str | None) -> Any:
    """Where the child writes to: with a path somebody may read along."""
    return Path(path).open("w+b") if path else tempfile.TemporaryFile()


def _wait_until_told(out: int, words: bytes, pid: int) -> None:
    """Until the child has written that, or has ended; it is not reaped, so its id stays its own."""
    while words not in os.pread(out, 4096, 0):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        time.sleep(0.002)


def _child(asked: dict[str, Any], out: int, err: int) -> None:
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    code = 70
    try:
        from django.core.management import ManagementUtility
        from django.db import connections

        connections["default"].settings_dict["NAME"] = asked["database"]
        if source := asked.get("python"):
            exec(source, {})
        else:
            ManagementUtility(["manage.py", *asked["words"]]).execute()
        code = 0
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
