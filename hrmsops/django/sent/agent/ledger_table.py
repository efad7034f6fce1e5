"""The table hrmsops.migrations itself."""

from django.db import DatabaseError

from ..wire import Refused
from .schema import make_schema
from .words import sqlstate

LEDGER = """
CREATE TABLE IF NOT EXISTS hrmsops.migrations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app text NOT NULL, name text NOT NULL, run text NOT NULL, operator text NOT NULL,
    image text NOT NULL, commit text NOT NULL, leaves text[] NOT NULL, is_atomic boolean NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_lsn pg_lsn NOT NULL DEFAULT pg_current_wal_insert_lsn(),
    first_xid xid8 NOT NULL DEFAULT pg_snapshot_xmax(pg_current_snapshot()),
    ended_at timestamptz, ended_lsn pg_lsn, xid xid8, until_xid xid8,
    outcome text, sqlstate text,
    operation integer NOT NULL DEFAULT 0,
    statement integer NOT NULL DEFAULT 0,
    is_in_doubt boolean NOT NULL DEFAULT false,
    is_reverse boolean NOT NULL DEFAULT false
)
"""
_HAS_REVERSE = """
SELECT count(*) > 0 FROM pg_attribute
WHERE attrelid = 'hrmsops.migrations'::regclass AND attname = 'is_reverse' AND NOT attisdropped
"""


def ensure_ledger(ask, role):
    """Make the schema and the table where they are missing, as the owner of the HRMS's own."""
    try:
        make_schema(ask)
        if not ask("SELECT to_regclass('hrmsops.migrations') IS NOT NULL")[0][0]:
            ask(LEDGER)
        elif not ask(_HAS_REVERSE)[0][0]:
            ask(
                "ALTER TABLE hrmsops.migrations"
                " ADD COLUMN IF NOT EXISTS is_reverse boolean NOT NULL DEFAULT false"
            )
    except DatabaseError as error:
        raise Refused("ledger", role=role, sqlstate=sqlstate(error)) from error
