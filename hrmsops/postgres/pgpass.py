"""The password file of PostgreSQL's own clients, by libpq's rules (`passwordFromFile`)."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the file says for one login; `line` counts from 1."""

    line: int
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What came of the look: an entry, or why there is none and the command that mends it."""

    entry: Entry | None = None
    why: str = ""
    fix: str = ""


def password_file() -> Path:
    """`PGPASSFILE`, else `.pgpass` in the home folder."""
    said = os.environ.get("PGPASSFILE", "")
    return Path(said) if said else Path.home() / ".pgpass"


def look(file: Path, *, hosts: Sequence[tuple[str, int]], database: str, user: str) -> Looked:
    """The first line that fits one of `hosts`, the first host that any fits.

    A host "" is one that nobody knows yet: a line fits it by `*` alone. Like libpq, a file that
    others may read is not read.
    """
    try:
        if refused := _refused(file):
            return refused
        lines = file.read_bytes().decode("utf-8", "surrogateescape").split("\n")
    except FileNotFoundError:
        return Looked(why=f"there is no {file}")
    except OSError as error:
        return Looked(why=f"{file} cannot be read ({error.strerror})")
    for host, port in hosts:
        for number, line in enumerate(lines, start=1):
            password = _fitting(line.rstrip("\r"), (host, str(port), database, user))
            if password is None:
                continue
            if not password:
                return Looked(why=f"line {number} of {file} has no password")
            return Looked(entry=Entry(line=number, password=password))
    named = " or ".join(f"{host or '*'}:{port}:{database}:{user}" for host, port in hosts)
    return Looked(why=f"{file} has no line for {named}")


def _refused(file: Path) -> Looked | None:
    """Why it is not even read, None where it may be."""
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode):
        return Looked(why=f"{file} is not a plain file")
    if mode & OPEN_TO_OTHERS:
        why = f"{file} is open to others (mode {stat.S_IMODE(mode):04o}), so it is not read"
        return Looked(why=why, fix=f"chmod 600 {file}")
    return None


def _fitting(line: str, login: Sequence[str]) -> str | None:
    """The password of a line whose four fields fit, None of any other."""
    if line.startswith("#"):
        return None
    rest = line
    for value in login:
        after = _after(rest, value)
        if after is None:
            return None
        rest = after
    return _unescaped(rest)


def _after(text: str, value: str) -> str | None:
    """What follows the first field of `text` where that is `*` or `value`, else None."""
    if text.startswith("*:"):
        return text[2:]
    at = 0
    for letter in value:
        if text[at : at + 1] == "\\":
            at += 1
        if text[at : at + 1] != letter:
            return None
        at += 1
    return text[at + 1 :] if value and text[at : at + 1] == ":" else None


def _unescaped(text: str) -> str:
    """Up to the next colon; a backslash makes what follows it a letter like others."""
    letters = []
    at = 0
    while at < len(text) and text[at] != ":":
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
        letters.append(text[at])
        at += 1
    return "".join(letters)
