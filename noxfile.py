"""The gates: `nox` runs lint, types, docs and tests; `nox -s bench` measures."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.options.sessions = ["lint", "types", "docs", "tests"]
nox.options.error_on_missing_interpreters = True

RUN_AGAIN_MAX = 20
"""More than these is no accident."""
NOT_BENCHMARKS = {"__init__", "harness", "migrations", "unarchived"}


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format, and who may know whom."""
    prepare(session)
    module(session, "ruff", "check", ".")
    module(session, "ruff", "format", "--check", ".")
    script(session, "lint-imports", "--no-logo")


@nox.session
def types(session: nox.Session) -> None:
    """Strict types."""
    prepare(session)
    module(session, "mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """The reference pages say what the code says (`nox -s docs -- write` makes it so); the site.

    The site is in build/site, to be read from there; a link that leads nowhere is an error.
    """
    prepare(session)
    module(session, "docs.build", *([] if "write" in session.posargs else ["--check"]))
    module(session, "docs.site")


@nox.session
def tests(session: nox.Session) -> None:
    """Every test but the night's, or those named after `--`; what failed is run again, by itself.

    They are real processes on a machine that others use too. The second time they have fresh
    sandboxes and no neighbours; what fails then has failed.
    """
    prepare(session)
    failed = Path(session.create_tmp()) / "failed"
    failed.unlink(missing_ok=True)
    words = session.posargs or ["-m", "not night"]
    try:
        module(session, "pytest", "--failed-into", str(failed), *words)
    except CommandFailed:
        names = failed.read_text().splitlines() if failed.exists() else []
        if not 0 < len(names) <= RUN_AGAIN_MAX:
            raise
        module(session, "pytest", "-n", "1", *names)
        session.warn(f"Failed the first time: {', '.join(names)}")


@nox.session
@nox.parametrize(
    ("django", "python_version"), [("4.2", "3.11"), ("6.0", "3.13")], ids=["4.2", "6.0"]
)
def versions(session: nox.Session, django: str, python_version: str) -> None:
    """What is sent to the HRMS's interpreter, in one that has the oldest and the newest Django."""
    prepare(session)
    folder = Path(session.create_tmp()) / django
    session.run(f"python{python_version}", "-m", "venv", str(folder), external=True)
    python = str(folder / "bin" / "python")
    wanted = (f"django=={django}.*", "psycopg[binary]>=3.2")
    session.run(python, "-m", "pip", "install", "--quiet", *wanted, external=True)
    with_it = {"HRMSOPS_TEST_PYTHON": python}
    tests = ("agent", "agent_backwards", "policy", "trace_by_version")
    files = [f"tests/migrate/test_{name}.py" for name in tests]
    session.run(interpreter(session), "-m", "pytest", *files, env=with_it, external=True)


@nox.session
def night(session: nox.Session) -> None:
    """What is too long for every commit: kill sweeps, far clouds, drills (tests/conftest.py)."""
    prepare(session)
    module(session, "pytest", "-m", "night", *session.posargs)


@nox.session
def search(session: nox.Session) -> None:
    """Partition as many tables of any make as are named after `--` by each method, and backfill as
    many: other ones each time, under users who write to them. What is found is made as small as it
    can be."""
    prepare(session)
    [count] = session.posargs or ["200"]
    files = ("tests/postgres/test_partition_any.py", "tests/backfill/test_shapes.py")
    words = ("pytest", "-n", "2", "--timeout", "0", *files)
    wanted = {"HRMSOPS_SEARCH": count}
    session.run(interpreter(session), "-m", *words, env=wanted, external=True)


@nox.session
def wheel(session: nox.Session) -> None:
    """What users install: the wheel, in an environment where nothing leads to this checkout; first
    without the sandbox, as the container's image has it, then with it."""
    prepare(session)
    folder = Path(session.create_tmp()).absolute()
    shutil.rmtree(folder / "dist", ignore_errors=True)
    module(session, "venv", "--clear", str(folder / "venv"))
    module(session, "pip", "wheel", "-q", "--no-deps", "-w", str(folder / "dist"), ".")
    [made] = (folder / "dist").glob("*.whl")
    python = str(folder / "venv" / "bin" / "python")
    with_it = {"HRMSOPS_TEST_WHEEL": str(folder / "venv")}
    for extra, tests in (("", "bare"), ("[sandbox]", "wheel")):
        session.run(python, "-m", "pip", "install", "-q", f"{made}{extra}", external=True)
        words = ("-m", "pytest", "-n", "0", f"tests/packaging/test_{tests}.py")
        session.run(interpreter(session), *words, env=with_it, external=True)


@nox.session
def pictures(session: nox.Session) -> None:
    """The pictures of terminals in the docs, taken anew: each command is run for real."""
    prepare(session)
    module(session, "docs.pictures", *session.posargs)


@nox.session
def lines(session: nox.Session) -> None:
    """Every command line of README and the docs, typed for real; says which are not, and why."""
    prepare(session)
    module(session, "pytest", "-n", "0", "-s", "tests/docs/test_lines_run.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Every benchmark, one after another, so that they do not disturb each other."""
    prepare(session)
    for benchmark in sorted(Path("benchmarks").glob("*.py")):
        if benchmark.stem not in NOT_BENCHMARKS and not benchmark.stem.endswith("_sides"):
            module(session, f"benchmarks.{benchmark.stem}", *session.posargs)


def prepare(session: nox.Session) -> None:
    """Install into the session's own environment; under `--no-venv` all is there already."""
    if has_environment(session):
        session.install("-e", ".[dev]")


def module(session: nox.Session, name: str, *words: str) -> None:
    """Run a module with the interpreter of the session, whatever PATH says."""
    session.run(interpreter(session), "-m", name, *words, external=True)


def script(session: nox.Session, name: str, *words: str) -> None:
    """Run a console script that has no module of its own."""
    folder = Path(session.bin if has_environment(session) else sysconfig.get_path("scripts"))
    session.run(str(folder / name), *words, external=True)


def interpreter(session: nox.Session) -> str:
    """The interpreter of the session, or the one that runs nox."""
    folder = Path(session.bin if has_environment(session) else sysconfig.get_path("scripts"))
    return str(folder / "python")


def has_environment(session: nox.Session) -> bool:
    """Whether nox made an environment for the session."""
    return session.venv_backend not in (None, "none")
