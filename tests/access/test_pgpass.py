"""The password file as libpq reads it: libpq itself is the witness."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from psycopg import pq

from hrmsops.postgres.pgpass import Looked, look, password_file

PIECES = ["*", ":", "\\", "a", "h", "5432", "db", "u", " ", "#", "é"]
MIDDLES = ["h:5432:db:u:", "*:*:*:*:", "h:5432:db:*:", "h\\:x:5432:db:u:", "", "h:5432:d\\b:u:"]
LOGIN = {"database": "db", "user": "u"}


def libpq(file: Path, host: str) -> str:
    """The password that libpq found by itself, before it had any answer."""
    asked = f"host='{host}' hostaddr=127.0.0.1 port=5432 dbname=db user=u passfile='{file}'"
    client = pq.PGconn.connect_start(asked.encode())
    try:
        return (client.password or b"").decode("utf-8", "surrogateescape")
    finally:
        client.finish()


def ours(file: Path, *hosts: str) -> Looked:
    return look(file, hosts=[(host, 5432) for host in hosts], **LOGIN)


def test_every_line_means_what_it_means_to_libpq(tmp_path: Path) -> None:
    chance, file, found = random.Random(7), tmp_path / "pgpass", 0

    def some(most: int) -> str:
        return "".join(chance.choices(PIECES, k=chance.randint(0, most)))

    for _ in range(400):
        lines = [some(3) + chance.choice(MIDDLES) + some(4) for _ in range(3)]
        file.write_text(chance.choice(["\n", "\r\n"]).join(lines), newline="")
        file.chmod(0o600)
        for host in ("h", "h:x"):
            wanted = libpq(file, host)
            entry = ours(file, host).entry
            assert (entry.password if entry else "") == wanted, (lines, host)
            found += bool(wanted)
    assert found > 100


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_open_is_not_read_and_said(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "pgpass"
    file.write_text("*:*:*:*:open\n")
    file.chmod(mode)

    found = ours(file, "h")

    assert found.entry is None
    assert f"(mode {mode:04o})" in found.why
    assert found.fix == f"chmod 600 {file}"
    assert libpq(file, "h") == ""


def test_a_host_that_nobody_knows_yet_is_found_by_a_star_alone(tmp_path: Path) -> None:
    file = tmp_path / "pgpass"
    file.write_text("10.0.0.3:5432:db:u:old\n*:5432:db:u:any\n")
    file.chmod(0o600)

    unknown, known = ours(file, "").entry, ours(file, "10.0.0.3").entry

    assert unknown is not None
    assert (unknown.line, unknown.password) == (2, "any")
    assert known is not None
    assert known.password == "old"
    assert "any" not in repr(unknown)


def test_what_is_no_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSFILE", str(tmp_path))
    assert "is not a plain file" in ours(password_file(), "h").why
    monkeypatch.delenv("PGPASSFILE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ours(password_file(), "h").why == f"there is no {tmp_path / '.pgpass'}"
