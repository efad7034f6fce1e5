"""A process that has loaded what commands need, and forks for each command line that it is told.

A command costs a fork, not a start of Python; and a fork is a process that can be killed like any.
Speaks JSON lines, answered by {"code", "out", "err"}. What is asked goes to the child whole; here
{"kill_when_told": TEXT, "kill_after": SECONDS} kills it so long after it has written that, and
{"out": PATH} has it write to that file.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

Asked = dict[str, Any]
Run = Callable[[Asked], None]


def serve(run: Run) -> None:
    """Answer until nobody asks any more; `run` is done in the child, and may exit."""
    gc.freeze()  # A child that looked for garbage in what is loaded would copy all of it.
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answered(json.loads(line), run)) + "\n")
        sys.stdout.flush()


def _answered(asked: Asked, run: Run) -> dict[str, Any]:
    with _file(asked.get("out")) as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if not pid:
            _child(asked, run, out.fileno(), err.fileno())
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


def _child(asked: Asked, run: Run, out: int, err: int) -> NoReturn:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    code = 70
    try:
        run(asked)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
