"""Why writes since a recovery are not replayed."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class NothingToReplay(HrmsopsError):
    """The run did not cut over to a recovered database, or not as far as keeping what differs.

    A cutover (`rollback pitr … --promote`, `rollback backup`) keeps what the old database has and
    the recovered one lacks, before traffic mixes the two. Without it there is nothing to replay.
    """

    code: ClassVar[str] = "nothing-to-replay"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, run: str, why: str, fix: str) -> None:
        super().__init__(what=f"Run {run} left nothing to replay.", why=why, fix=fix)

    @classmethod
    def example(cls) -> Self:
        return cls(
            run="261123-104512-7f3a",
            why="It stopped at the verified clone.",
            fix="hrmsops rollback pitr --continue 261123-104512-7f3a --promote",
        )


class DamageUnknown(HrmsopsError):
    """Nobody has said which transactions did the damage, so nothing can be told from it.

    What the migration wrote must not come back, what users wrote must. Both stand in the old
    database; who wrote a row is known by its transaction. Without it every difference is only
    listed.
    """

    code: ClassVar[str] = "damage-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, run: str, why: str, proposed: str, clone: str) -> None:
        words = ["hrmsops", "replay", run]
        words += [f"--damage-clone {clone}"] if clone else []
        words += [f"--damage-transaction {proposed or 'NUMBER'}"]
        super().__init__(
            what="Users' writes cannot be told from the damage.", why=why, fix=" ".join(words)
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            run="261123-104512-7f3a",
            why="Transaction 48213 recorded payroll.0007_zero; nobody confirmed that it did it.",
            proposed="48213",
            clone="",
        )


class DamageOnRecord(HrmsopsError):
    """What was named as the damage leaves out a migration that the ledger has.

    The ledger knows by which transactions `hrmsops migrate` wrote what the recovered database
    lacks. Another number in its place makes users' writes of them, and the damage comes back. With
    nothing named the ledger decides. Where that migration did no harm and its writes are wanted,
    `--accept damage-on-record` says so, and the record keeps it.
    """

    code: ClassVar[str] = "damage-on-record"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, run: str, named: tuple[str, ...], left_out: tuple[str, ...]) -> None:
        super().__init__(
            what=f"Transaction {', '.join(named)} is not the damage that is on record.",
            why=f"The ledger has {', '.join(left_out)}: what it wrote would come back as users'.",
            fix=f"hrmsops replay {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            run="261123-104512-7f3a", named=("48219",), left_out=("payroll.0007_zero (48213)",)
        )


class DamageWroteNothing(HrmsopsError):
    """The transaction that was named as the damage is the last writer of no row that differs.

    With a wrong number the damage itself passes for what users wrote, and comes back. It can be
    the right one all the same, where it only deleted, or where all that it wrote has been written
    over since: `--accept damage-wrote-nothing` says so, and the record keeps it.
    """

    code: ClassVar[str] = "damage-wrote-nothing"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(
        self, *, run: str, named: tuple[str, ...], candidates: tuple[str, ...], likely: str
    ) -> None:
        super().__init__(
            what=f"Transaction {', '.join(named)} wrote no row that differs.",
            why=f"Those who wrote the most: {', '.join(candidates) or 'nobody is known'}.",
            fix=f"hrmsops replay {run} --damage-transaction {likely}"
            if likely
            else f"hrmsops replay {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            run="261123-104512-7f3a",
            named=("4821",),
            candidates=("48213 (payroll.0007_zero)", "48219"),
            likely="48213",
        )


class DamageNotUnderstood(HrmsopsError):
    """`--damage-transaction` takes a number, or the first and the last of several: 48213-48240."""

    code: ClassVar[str] = "damage-not-understood"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, text: str) -> None:
        super().__init__(
            what=f'"{text}" names no transaction.',
            why="It is neither a number nor two of them with a hyphen, the smaller first.",
            fix="Write it like 48213 or 48213-48240.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(text="0007_zero")


class MapNotUnderstood(HrmsopsError):
    """`--map` names a column as the recovered database has it, and as the old one calls it."""

    code: ClassVar[str] = "map-not-understood"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, text: str) -> None:
        super().__init__(
            what=f'"{text}" maps no column.',
            why="It is not made of a table, a column and a column.",
            fix="Write it like payroll_payslip.amount=amount_due.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(text="amount=amount_due")


class FolderTaken(HrmsopsError):
    """The folder named with `--out` holds something. Nothing was written to it."""

    code: ClassVar[str] = "folder-taken"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, folder: str) -> None:
        super().__init__(
            what=f"{folder} is not an empty folder.",
            why="What it holds could be taken for a part of the replay.",
            fix="Name one that does not exist.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder="replay-of-monday")


class FilesGone(HrmsopsError):
    """The files that a recovery kept are not on this machine, or were removed.

    They lie below the state folder of whoever cut over (HRMSOPS_STATE_DIR). They hold people's
    data and are removed by `replay --purge`.
    """

    code: ClassVar[str] = "files-gone"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, run: str, folder: str) -> None:
        super().__init__(
            what=f"What run {run} kept for the replay is not here.",
            why=f"There is no finished {folder}.",
            fix="Set HRMSOPS_STATE_DIR to the folder that it was cut over with.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            run="261123-104512-7f3a",
            folder="/home/ama/.local/state/hrmsops/replays/261123-104512-7f3a/captured",
        )


class NoReplayToTakeBack(HrmsopsError):
    """No replay of this recovery was applied to its end, or it was taken back already."""

    code: ClassVar[str] = "no-replay-to-take-back"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, run: str) -> None:
        super().__init__(
            what=f"There is no replay of run {run} to take back.",
            why="The record has none that was applied and not taken back.",
            fix="hrmsops runs",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a")


class LogNeeded(HrmsopsError):
    """The old database was gone at the cutover: only the application's own log tells what was lost.

    A line a committed write, as `explain log-not-replayable` has it.
    """

    code: ClassVar[str] = "log-needed"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, run: str) -> None:
        super().__init__(
            what=f"Run {run} had no old database to compare with.",
            why="It was gone at the cutover; the application's log of committed writes is left.",
            fix=f"hrmsops replay {run} --from FILE",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a")
