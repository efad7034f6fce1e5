"""A task: notes its attempt, prints, and ends with the code that it is told."""

import os
import pathlib
import sys
import time

if noted := os.environ.get("NOTES"):
    with pathlib.Path(noted).open("a") as notes:
        words = [
            os.environ["CLOUD_RUN_TASK_INDEX"],
            os.environ["CLOUD_RUN_TASK_ATTEMPT"],
            *sys.argv,
        ]
        notes.write(" ".join(words) + "\n")
print("task", os.environ["CLOUD_RUN_TASK_INDEX"], "of", os.environ["CLOUD_RUN_JOB"], flush=True)
time.sleep(float(os.environ.get("SECONDS", "0")))
sys.exit(int(os.environ.get("CODE", "0")))
