"""Which tables are looked at: neither the server's own, nor an extension's, nor ours."""

MARK = "hrmsops_trace"
"""A table that says whose leftovers a database holds; it is not ours to make or to drop."""
USER = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'hrmsops')"
FREE = (
    f"{USER} AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
    f" AND c.relname NOT IN ('{MARK}', 'django_migrations')"
)
