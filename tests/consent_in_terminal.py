"""A program that asks one question of `hrmsops.console.prompts`, for the tests of a terminal."""

from __future__ import annotations

import sys

from hrmsops.console import output, prompts
from hrmsops.engine import signals
from hrmsops.errors.base import HrmsopsError


def ask(question: str) -> object:
    if question == "reason":
        return prompts.reason(None)
    if question == "pick":
        return prompts.pick(
            "Which?", [("a", "first"), ("b", "second")], flag="--which", default="b"
        )
    prompts.consent(
        undoable=question == "undoable",
        name="nhia-hrms-production-pg-0001",
        yes=False,
        confirm=None,
        summary="Change it",
    )
    return "yes"


if __name__ == "__main__":
    try:
        with signals.raised_as_interruption():
            print("answered", ask(sys.argv[1]))
    except signals.Interruption as signal:
        sys.exit(128 + signal.signum)
    except HrmsopsError as problem:
        output.error(problem, json=False)
        sys.exit(problem.exit_code)
