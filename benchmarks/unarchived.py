"""A server that keeps no archive: millions of rows changed again and again would fill the disk."""

from __future__ import annotations

from hrmsops.postgres.cluster import Cluster


def forget_archive(cluster: Cluster) -> None:
    """From now on a finished WAL segment is told to be archived, and is not."""
    cluster.set_flags({"archive_command": "true"})
    with cluster.connect("postgres") as session:
        session.execute("SELECT pg_reload_conf()")
