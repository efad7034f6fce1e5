"""A database to try things in: a cluster of its own, or an empty one that was named."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from hrmsops.engine.signals import deferred
from hrmsops.errors.trace import TraceDatabaseInUse, TraceDatabaseNotEmpty, TraceUrlUnusable

if TYPE_CHECKING:
    import psycopg

START_SECONDS_MAX = 120
DATABASE = "scratch"
LOCK = (0x68726D73, 7)
"""Whoever works in a named database; it goes with its session."""
PASSED_ON = ("sslmode", "sslrootcert", "sslcert", "sslkey", "options", "gssencmode")

_IN_IT: LiteralString = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r','p','v','m',
'S','f') AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LIMIT 1
"""
_DROPS: LiteralString = """
SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')
UNION ALL
SELECT format('DROP %s IF EXISTS %I.%I CASCADE', CASE c.relkind WHEN 'v' THEN 'VIEW'
WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
ELSE 'TABLE' END, 'public', c.relname) FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
AND c.relname <> 'hrmsops_trace'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'i'))
UNION ALL
SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT format('DROP TYPE IF EXISTS %s CASCADE', t.oid::regtype) FROM pg_type t
WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd', 'r')
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype IN ('e', 'i'))
"""
_EXTENSIONS: LiteralString = "SELECT extname FROM pg_extension"


Scratch = dict[str, Any]
"""How a process reaches the scratch database, as keys of Django's DATABASES."""


@contextmanager
def scratch_cluster(folder: Path) -> Iterator[Scratch]:
    """A server of our own below `folder`; gone afterwards, as is any that a kill left there.

    Raises PostgresNotFound, InitdbFailed, ClusterDidNotStart.
    """
    from hrmsops.postgres.binaries import find_binaries
    from hrmsops.postgres.cluster import Cluster
    from hrmsops.postgres.ports import LOOPBACK
    from hrmsops.postgres.server_account import ServerAccount, remove_stand_in
    from hrmsops.postgres.template import SUPERUSER

    account = ServerAccount.of_this_process()
    binaries = find_binaries(account)
    root = account.folder_for(folder)
    password = secrets.token_urlsafe(24)

    def cluster(name: str) -> Cluster:
        return Cluster(root / name, binaries=binaries, account=account, password=password)

    own = secrets.token_hex(6)
    made = cluster(own)
    try:
        with _life(root, own, lambda left: cluster(left).destroy()):
            try:
                made.create(timeout_seconds=START_SECONDS_MAX)
                with made.connect("postgres") as session:
                    session.execute(f"CREATE DATABASE {DATABASE}")
                yield {
                    "HOST": LOOPBACK,
                    "PORT": made.port,
                    "NAME": DATABASE,
                    "USER": SUPERUSER,
                    "PASSWORD": password,
                    "OPTIONS": {"sslmode": "disable"},
                }
            finally:
                with deferred():
                    made.destroy()
    finally:
        remove_stand_in(folder)


@contextmanager
def _life(root: Path, own: str, remove: Callable[[str], None]) -> Iterator[None]:
    """A lock that lives as long as this process; what belongs to none any more is removed."""
    mine = root / f"{own}.lock"
    with (root / "sweep.lock").open("a") as sweeping:
        fcntl.flock(sweeping, fcntl.LOCK_EX)
        for path in root.glob("*.lock"):
            if path.name != "sweep.lock" and _is_free(path):
                remove(path.stem)
                path.unlink()
        lock = mine.open("a")
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        with lock:
            mine.unlink(missing_ok=True)
        if not any(path.name != "sweep.lock" for path in root.glob("*.lock")):
            (root / "sweep.lock").unlink(missing_ok=True)


def _is_free(path: Path) -> bool:
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@contextmanager
def named_database(dsn: str) -> Iterator[Scratch]:
    """The empty database of `dsn`; emptied again, now or by the next one after a kill.

    Raises TraceUrlUnusable, TraceDatabaseNotEmpty, TraceDatabaseInUse.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        session = psycopg.connect(dsn, autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        raise TraceUrlUnusable(why=" ".join(str(error).split())[:300]) from error
    with session:
        asked = conninfo_to_dict(dsn)
        info = session.info
        [(is_ours,)] = session.execute("SELECT pg_try_advisory_lock(%s, %s)", LOCK).fetchall()
        if not is_ours:
            raise TraceDatabaseInUse(database=info.dbname)
        extensions = _own(session, info.dbname)
        try:
            yield {
                "HOST": info.host,
                "PORT": info.port,
                "NAME": info.dbname,
                "USER": info.user,
                "PASSWORD": info.password or "",
                "OPTIONS": {k: v for k, v in asked.items() if k in PASSED_ON},
            }
        finally:
            with deferred():
                _empty(session, extensions)


def _own(session: psycopg.Connection[Any], database: str) -> frozenset[str]:
    """Mark it as ours, cleared of an earlier trace's leftovers; the extensions that stay."""
    if session.execute("SELECT to_regclass('public.hrmsops_trace')").fetchone() != (None,):
        rows = session.execute("SELECT extension FROM public.hrmsops_trace").fetchall()
        _empty(session, frozenset(name for (name,) in rows))
    if found := session.execute(_IN_IT).fetchone():
        raise TraceDatabaseNotEmpty(database=database, holds=found[0])
    with session.transaction():
        session.execute(
            "CREATE TABLE public.hrmsops_trace AS SELECT extname::text AS extension"
            " FROM pg_extension"
        )
        rows = session.execute("SELECT extension FROM public.hrmsops_trace").fetchall()
    return frozenset(name for (name,) in rows)


def _empty(session: psycopg.Connection[Any], extensions: frozenset[str]) -> None:
    """Drop everything but the mark, then the mark."""
    from psycopg import sql

    # The process that was traced with may still be ending.
    session.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'hrmsops check --trace' AND usename = session_user"
        " AND pid <> pg_backend_pid()"
    )
    for (name,) in session.execute(_EXTENSIONS).fetchall():
        if name not in extensions:
            session.execute(sql.SQL("DROP EXTENSION {} CASCADE").format(sql.Identifier(name)))
    # What goes with another is not there any more when its turn comes.
    while drops := session.execute(_DROPS).fetchall():
        session.execute(drops[0][0])
    session.execute("DROP TABLE public.hrmsops_trace")
