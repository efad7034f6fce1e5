"""Recovery of a cluster from a backup, alone or with an archive up to a moment."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hrmsops.errors.postgres import ClusterDidNotStart, LogsEndBefore, RecoveryDidNotEnd
from hrmsops.postgres.cluster import POLL_SECONDS, Cluster
from hrmsops.postgres.settings import RECOVERY, quoted

_ENDED_EARLY = "recovery ended before configured recovery target was reached"
_LAST = re.compile(r"last completed transaction was at log time (\S+ \S+)")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What a recovery is to reach beyond its backup: all that was committed until `at`."""

    at: datetime
    """Aware; PostgreSQL counts microseconds."""
    archive: Path
    """The archive of the cluster that the backup is of."""
    timeline: int
    """The history to follow: that of the backup, as `latest` may have turned off before `at`."""


def recover(
    cluster: Cluster,
    *,
    backup: Path,
    password: str,
    moment: Moment | None,
    flags: Mapping[str, str],
    timeout_seconds: float,
) -> None:
    """Make `cluster` the backup's data, or its state at `moment`, and start it for writing.

    `backup` is the folder that `take_backup` made, which must have ended before `moment`: an
    earlier one is recovered wrongly and without an error. `password` is the superuser's as it was
    then. Replaces data and archive of a cluster that is there. Raises LogsEndBefore,
    RecoveryDidNotEnd, ClusterDidNotStart; the cluster is stopped then.
    """
    assert moment is None or moment.at.tzinfo is not None
    cluster.stop()
    cluster.receive(backup / "data")
    cluster.set_flags(flags)
    cluster.write(cluster.data / RECOVERY, _settings(moment))
    cluster.write(cluster.data / "recovery.signal", "")
    log_began = cluster.log.stat().st_size if cluster.log.exists() else 0
    deadline = time.monotonic() + timeout_seconds
    try:
        cluster.start_as(password, timeout_seconds=timeout_seconds)
        _await_promotion(cluster, deadline)
    except ClusterDidNotStart as failure:
        raise _explained(failure, cluster.log, log_began, moment) from failure
    (cluster.data / RECOVERY).unlink()


def _settings(moment: Moment | None) -> str:
    # Without hot standby nobody is let in before the end, and no setting must match the source's.
    lines = {"hot_standby": "off", "recovery_target_action": "'promote'"}
    if moment is None:
        # The backup brings the segments that it needs.
        lines |= {"restore_command": "'false'", "recovery_target": "'immediate'"}
    else:
        source = shlex.quote(str(moment.archive)).replace("%", "%%")
        at = moment.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
        lines |= {
            "restore_command": quoted(f"cp {source}/%f %p"),
            "recovery_target_time": quoted(at),
            "recovery_target_timeline": quoted(str(moment.timeline)),
        }
    return "".join(f"{name} = {value}\n" for name, value in lines.items())


def _await_promotion(cluster: Cluster, deadline: float) -> None:
    """A server can be started and still recover: it is asked."""
    while time.monotonic() < deadline:
        with cluster.connect("postgres") as session:
            row = session.execute("SELECT pg_is_in_recovery()").fetchone()
        if row == (False,):
            return
        time.sleep(POLL_SECONDS)
    cluster.stop()
    raise RecoveryDidNotEnd(folder=cluster.folder)


def _explained(
    failure: ClusterDidNotStart, log: Path, began: int, moment: Moment | None
) -> ClusterDidNotStart | LogsEndBefore:
    with log.open("rb") as file:
        file.seek(began)
        said = file.read().decode(errors="replace")
    if moment is None or _ENDED_EARLY not in said:
        return failure
    last = _LAST.findall(said)
    return LogsEndBefore(asked=moment.at, last=datetime.fromisoformat(last[-1]) if last else None)
