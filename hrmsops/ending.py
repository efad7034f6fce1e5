"""The one place where an error becomes an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable

from hrmsops import github
from hrmsops.console import streams
from hrmsops.engine import leaving
from hrmsops.engine.signals import Interruption, raised_as_interruption
from hrmsops.errors.base import ExitCode, HrmsopsError


def finish(action: Callable[[], object], words: list[str]) -> None:
    """Carry out what was typed, tidy up, and exit with the code that stands for its end."""
    code = run(action, words)
    _tidy_up()
    gc.freeze()  # To look for garbage on the way out took a third of a second, and frees nothing.
    sys.exit(code)


def _tidy_up() -> None:
    """Take away what the command put up for itself; what is left is named, the exit code stays."""
    try:
        with raised_as_interruption():
            left = leaving.tidied()
    except (Interruption, KeyboardInterrupt):
        left = ("Tidying up was interrupted; hrmsops status names what is left.",)
    if left:
        from hrmsops.console import output

        for sentence in left:
            output.say(sentence, style="warning")


def run(action: Callable[[], object], words: list[str]) -> int:
    """Carry out one command line; every error is shown here, and nowhere else."""
    code = _code_of(action, words)
    if github.is_here():
        from hrmsops.github import telling

        telling.of_end(code)
    return code


def _code_of(action: Callable[[], object], words: list[str]) -> int:
    from hrmsops.console.next_command import typed

    with typed(words):
        return _ended(action, words)


def _ended(action: Callable[[], object], words: list[str]) -> int:
    try:
        with raised_as_interruption():
            ended = action()
    except HrmsopsError as problem:
        return _shown(problem, words)
    except KeyboardInterrupt:
        return _shown(_interrupted(ExitCode.INTERRUPTED), words)
    except Interruption as signal:
        return _shown(_interrupted(128 + signal.signum), words)
    except SystemExit as ending:
        _tell_workflow(ending.__cause__)  # Under --json the document was that of the run.
        # Where nobody reads on, rich ends a page of help with 1.
        return ExitCode.DONE if isinstance(ending.__context__, BrokenPipeError) else _code(ending)
    except BrokenPipeError:
        streams.nobody_reads(sys.stdout)  # `| head` has seen enough.
        return ExitCode.DONE
    except Exception as defect:
        return _shown(_internal(defect), words)
    return _exit_code(ended, words)


def _exit_code(ended: object, words: list[str]) -> int:
    """Outside standalone mode an Exit comes back as a number; 130 is Ctrl-C."""
    code = ended if isinstance(ended, int) else ExitCode.DONE
    return _shown(_interrupted(code), words) if code == ExitCode.INTERRUPTED else code


def _shown(problem: HrmsopsError, words: list[str]) -> int:
    from hrmsops.console import output
    from hrmsops.console.next_command import completed_as_typed

    problem.fix = completed_as_typed(problem.fix)
    options = words[: words.index("--")] if "--" in words else words
    try:
        output.error(problem, json="--json" in options)
    except OSError:
        # Stdout takes nothing, as a full disk does: then at least a person is told.
        streams.nobody_reads(sys.stdout)
        output.error(problem, json=False)
    _tell_workflow(problem)
    return problem.exit_code


def _tell_workflow(problem: BaseException | None) -> None:
    """In a workflow of GitHub the error is an annotation as well."""
    if github.is_here() and isinstance(problem, HrmsopsError):
        from hrmsops.github import telling

        telling.of_error(problem)


def _interrupted(code: int) -> HrmsopsError:
    from hrmsops.errors.internal import Interrupted, Terminated

    return Terminated() if code == ExitCode.TERMINATED else Interrupted()


def _code(ending: SystemExit) -> int:
    return ending.code if isinstance(ending.code, int) else ExitCode.INTERNAL


def _internal(defect: Exception) -> HrmsopsError:
    if os.environ.get("HRMSOPS_TRACEBACK"):
        raise defect
    import traceback

    from hrmsops.errors.internal import InternalError

    last = traceback.extract_tb(defect.__traceback__)[-1]
    return InternalError(
        defect=f"{type(defect).__name__}: {defect}", place=f"{last.filename}, line {last.lineno}"
    )
