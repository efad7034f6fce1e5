"""A session is as the request says, and that is read back from the server."""

from contextlib import suppress

from django.db import DatabaseError

from ..wire import Refused
from .words import sqlstate


def prepare(connection, request, *, is_watch):
    """Set the timeouts and the role. Refuses a pooler, and what the server made otherwise."""
    _refuse_pooler(connection)
    wanted, role = _settings(request), request["role"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config(name, value, false)"
            " FROM unnest(%s::text[], %s::text[]) AS asked(name, value)",
            [list(wanted), list(wanted.values())],
        )
        if role and not is_watch:  # As the login it sees what others do.
            _take_role(cursor, role)
            wanted["role"] = role
    _refuse_other(wanted, read_back(connection, request))
    _let_it_notice_our_end(connection)


def read_back(connection, request):
    """Each setting of ours, and the role, as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
            [list(_settings(request))],
        )
        found = dict(cursor.fetchall())
        cursor.execute("SELECT current_user")
        return {**found, "role": cursor.fetchone()[0]}


def _settings(request):
    limits = request["timeouts"]
    return {
        "statement_timeout": str(limits["statement_ms"]),
        "lock_timeout": str(limits["lock_ms"]),
        "idle_in_transaction_session_timeout": str(limits["idle_ms"]),
        "application_name": request["application_name"],
        "default_transaction_read_only": "off",
    }


def _refuse_pooler(connection):
    greeted = connection.connection.info.backend_pid  # psycopg 2.8 and 3 alike.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        if cursor.fetchone()[0] != greeted:
            raise Refused("pooler")


def _take_role(cursor, role):
    try:
        cursor.execute("SELECT set_config('role', %s, false)", [role])
    except DatabaseError as error:
        raise Refused("role", role=role, sqlstate=sqlstate(error)) from error


def _refuse_other(wanted, found):
    differing = [f"{k} is {found.get(k)}, not {v}" for k, v in wanted.items() if found.get(k) != v]
    if differing:
        raise Refused("session", differing=differing)


def _let_it_notice_our_end(connection):
    """A server that waits for a lock would not notice that its client was killed.

    Since PostgreSQL 14, where its system can tell; without it the wait ends by its timeout.
    """
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SET client_connection_check_interval = 1000")
