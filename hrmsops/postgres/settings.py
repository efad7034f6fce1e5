"""The settings of a cluster that archives from birth and is fast to start and to lose."""

from __future__ import annotations

from collections.abc import Mapping

FLAGS = "hrmsops-flags.conf"
"""The file with what an instance's owner has set, beside the cluster's own settings."""
RECOVERY = "hrmsops-recovery.conf"
"""The file with what a recovery needs; only there while one goes on."""

# The archive lies beside the data, which is the server's working directory: a relative path needs
# no quoting. A segment that was archived just before a crash is offered again: the same is fine.
_ARCHIVE_COMMAND = (
    "if test -f ../archive/%f; then cmp -s %p ../archive/%f; "
    "else cp %p ../archive/.%f.new && mv ../archive/.%f.new ../archive/%f; fi"
)


def settings_for(*, port: int, version: int) -> str:
    """The text of a configuration file (PostgreSQL, "Server Configuration")."""
    lines = {
        "listen_addresses": "'127.0.0.1'",
        "port": str(port),
        "unix_socket_directories": "''",
        "max_connections": "100",
        "shared_buffers": "16MB",
        "huge_pages": "off",
        "fsync": "off",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_level": "replica",
        "max_wal_senders": "4",
        "min_wal_size": "8MB",
        "max_wal_size": "256MB",
        "archive_mode": "on",
        "archive_command": f"'{_ARCHIVE_COMMAND}'",
        "password_encryption": "scram-sha-256",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] %q%u@%d %a '",
        "logging_collector": "off",
        "jit": "off",
    }
    if version >= 18:
        lines["io_method"] = "sync"  # No pool of processes for every small cluster.
    included = "".join(f"include_if_exists '{name}'\n" for name in (FLAGS, RECOVERY))
    return "".join(f"{name} = {value}\n" for name, value in lines.items()) + included


def flag_lines(flags: Mapping[str, str]) -> str:
    """The text of FLAGS: each flag in quotes, whatever it holds."""
    return "".join(f"{name} = {quoted(value)}\n" for name, value in sorted(flags.items()))


def quoted(value: str) -> str:
    """A value as a configuration file takes it (PostgreSQL, "Parameter Names and Values")."""
    doubled = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
