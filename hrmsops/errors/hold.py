"""Why a hold is not put on, or does not come off."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class IrrevocableNotAcknowledged(HrmsopsError):
    """Things have left the building that no rollback takes back: bank files, filings, mail.

    Deal with each (tell the bank, correct the filing), then say so by its name. What is
    acknowledged is recorded with who and when; if more of the kind leaves, it is asked about again.
    """

    code = "irrevocable-not-acknowledged"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, items: tuple[tuple[str, str], ...], run: str) -> None:
        flags = " ".join(dict.fromkeys(f"--acknowledge {name}" for name, _sentence in items))
        super().__init__(
            what="What has left the building is not acknowledged.",
            why="; ".join(sentence for _name, sentence in items),
            fix=f"hrmsops resume {run} {flags}" if run else f"Reconcile each, then add {flags}.",
        )

    @classmethod
    def example(cls) -> Self:
        sentence = "bank_files: 3 since 2026-11-23 09:14:00 UTC (BF-7, BF-8, BF-9)"
        return cls(items=(("bank_files", sentence),), run="")


class ItemUnknown(HrmsopsError):
    """`--acknowledge` names something that was not listed. Nothing was acknowledged."""

    code = "item-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, name: str, known: tuple[str, ...]) -> None:
        super().__init__(
            what=f"Nothing called {name} was listed.",
            why=f"Listed: {', '.join(known) or 'nothing'}.",
            fix="Name one of those with --acknowledge, or leave it out.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(name="bank_file", known=("bank_files", "mail"))


class PoolNotScaled(HrmsopsError):
    """Cloud Run took the number of instances and could not bring them up."""

    code = "pool-not-scaled"
    exit_code: ClassVar[ExitCode] = ExitCode.UNVERIFIED

    def __init__(self, *, pool: str, instances: int, why: str) -> None:
        super().__init__(
            what=f"{pool} does not run its {instances} instances.",
            why=why,
            fix=f"gcloud run worker-pools describe {pool}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(pool="nhia-hrms-mail", instances=2, why="Image 'mail:7' not found.")


class HoldSkipped(HrmsopsError):
    """A recovery is asked for without a hold: what pays and mails goes on with wrong data.

    `--accept hold-skipped` says that this is meant, and stands in the record.
    """

    code = "hold-skipped"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, environment: str) -> None:
        super().__init__(
            what=f"Without a hold, {environment} goes on working with damaged data.",
            why="Schedulers, queues and workers would run on until the recovery is done.",
            fix="Leave --no-hold out, or add --accept hold-skipped.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(environment="production")


class NotOnHold(HrmsopsError):
    """`hold off` finds no hold on record here, so it does not know what to restore.

    The record of a hold is where the runs are: another machine may have it.
    """

    code = "not-on-hold"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, environment: str) -> None:
        super().__init__(
            what=f"{environment} is not on hold.",
            why="No run on record here holds anything that was not let go since.",
            fix="hrmsops hold status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(environment="production")


class RecoveryUnfinished(HrmsopsError):
    """A run that took part in the hold is not over; what it recovers is not what serves yet.

    Go on with it or abandon it first. `--accept recovery-unfinished` lets everything go on now.
    """

    code = "recovery-unfinished"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, run: str, command: str) -> None:
        super().__init__(
            what=f"Run {run} ({command}) is unfinished.",
            why="It is part of this hold: to let work go on now would damage more.",
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a", command="rollback pitr")
