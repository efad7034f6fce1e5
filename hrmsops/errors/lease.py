"""Why an environment cannot be had now, or any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class LeaseHeld(HrmsopsError):
    """Another run is changing this environment; two at once would undo each other.

    Talk to whoever holds it. Where the holder has gone silent, its run can be resumed
    (`hrmsops resume RUN`), or another command may displace it with `--take-over`, which is
    recorded. A live holder is never displaced.
    """

    code = "lease-held"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(
        self,
        *,
        scope: str,
        run: str,
        by: str,
        host: str,
        since: datetime,
        why: str,
        silent: timedelta,
        is_gone: bool,
    ) -> None:
        silence = f"silent for {silent.total_seconds():.0f} s; --take-over displaces it"
        state = silence if is_gone else "alive"
        super().__init__(
            what=f"{scope} is held by run {run} of {by} on {host} since {since:%H:%M:%S} UTC.",
            why=f'It said why: "{why}". The holder is {state}.',
            fix=f"hrmsops resume {run}" if is_gone else f"hrmsops runs show {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            scope="production",
            run="261123-104512-7f3a",
            by="oncall@nhia.example",
            host="laptop-3",
            since=datetime(2026, 11, 23, 10, 45, 12, tzinfo=UTC),
            why="Error spike in new deployment",
            silent=timedelta(seconds=4),
            is_gone=False,
        )


class LeaseLost(HrmsopsError):
    """While this run slept, another took the environment over. This one stops before it writes.

    That happens to a laptop that was closed for more than a minute. The other run's record
    says what it did.
    """

    code = "lease-lost"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, scope: str, by: str) -> None:
        super().__init__(
            what=f"{scope} was taken over{f' by {by}' if by else ''} while this run was silent.",
            why="A holder that is silent for a minute may be displaced with --take-over.",
            fix="hrmsops runs",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(scope="production", by="second@nhia.example")
