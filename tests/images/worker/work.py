"""A worker: notes that it begins, then a line every tenth of a second, until it is ended."""

import os
import pathlib
import time

if noted := os.environ.get("NOTES"):
    with pathlib.Path(noted).open("a") as notes:
        notes.write(f"{os.getpid()} {os.environ['CLOUD_RUN_WORKER_POOL_REVISION']}\n")
if os.environ.get("ENDS"):
    raise SystemExit(3)
while True:
    time.sleep(0.1)
