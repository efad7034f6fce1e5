"""A cluster that was initialised once, for every other to be a copy of it."""

from __future__ import annotations

import fcntl
import hashlib
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hrmsops.errors.postgres import InitdbFailed
from hrmsops.postgres.binaries import Binaries, cache_folder
from hrmsops.postgres.cloud_sql_roles import IAM_SERVICE_ACCOUNTS, IAM_USERS
from hrmsops.postgres.server_account import ServerAccount

SUPERUSER = "cloudsqladmin"
INCLUDED = "hrmsops.conf"
"""The file with a cluster's own settings, which its `postgresql.conf` includes."""

# No "local" line, as there is no socket; and nobody comes in without a password. An account's is a
# token, which Cloud SQL asks for as it is.
_ACCESS = f"""\
host all         +{IAM_USERS},+{IAM_SERVICE_ACCOUNTS} 127.0.0.1/32 password
host all         all          127.0.0.1/32 scram-sha-256
host replication {SUPERUSER} 127.0.0.1/32 scram-sha-256
"""
_INITDB = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    f"--locale={'C.UTF-8' if sys.platform == 'linux' else 'en_US.UTF-8'}",
    "--wal-segsize=1",
    "--no-sync",
    "--no-instructions",
)
INITDB_SECONDS_MAX = 120


@dataclass(frozen=True)
class Template:
    """A data folder that was never started, and its superuser's password."""

    data: Path
    password: str


def cached_template(binaries: Binaries, account: ServerAccount) -> Template:
    """The template of these binaries, made under a lock by whoever wants it first.

    It is kept in this user's cache by the server's version and a hash of the settings.
    Raises InitdbFailed.
    """
    facts = (_INITDB, _ACCESS, INCLUDED, account.uid)  # Its files belong to the server's user.
    settings = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
    cache = cache_folder(account)
    folder = cache / f"template-{binaries.release}-{settings}"
    with (cache / "template.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _make(folder, binaries, account)
    return Template(data=folder / "data", password=(folder / "password").read_text())


def _make(folder: Path, binaries: Binaries, account: ServerAccount) -> None:
    incoming = folder.with_suffix(".incoming")
    shutil.rmtree(incoming, ignore_errors=True)
    data, password = incoming / "data", incoming / "password"
    data.mkdir(parents=True, mode=0o700)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    for path in (data, password):
        account.give(path)
    _initdb(data, password, binaries, account)
    with (data / "postgresql.conf").open("a") as config:
        config.write(f"\ninclude '{INCLUDED}'\n")
    (data / "pg_hba.conf").write_text(_ACCESS)
    incoming.rename(folder)


def _initdb(data: Path, password: Path, binaries: Binaries, account: ServerAccount) -> None:
    made = subprocess.run(
        [str(binaries.folder / "initdb"), f"--pgdata={data}", f"--pwfile={password}", *_INITDB],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": f"{binaries.folder}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        cwd="/",
        timeout=INITDB_SECONDS_MAX,
        **account.popen,
    )
    if made.returncode:
        raise InitdbFailed(binaries=binaries.folder, output=made.stdout)
