"""What an earlier CREATE INDEX CONCURRENTLY left."""

_INDEX = """
SELECT x.indisvalid, x.indexrelid::regclass::text, EXISTS (SELECT FROM
pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid)
FROM pg_index x WHERE x.indexrelid = to_regclass(%s)
"""


def index_named(session, name):
    """Whether it is valid, and its full name; None where there is none, or one is being built."""
    found = session.rows(_INDEX, [name])
    if not found or found[0][2]:
        return None
    return bool(found[0][0]), found[0][1]
