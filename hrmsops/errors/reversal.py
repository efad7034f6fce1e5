"""Why a migration was not taken back, or not as a whole."""

from __future__ import annotations

import shlex
from typing import Any, ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.failure_words import in_words, listed

_LOSSY = "payroll.0003_amounts: payroll_payslip.net (200,000 values)"


class ReverseNotPossible(HrmsopsError):
    """A migration among those that would have to go has no way back.

    Django cannot reverse it, and hrmsops records nothing as taken back that was not. The way back
    is the database as it was just before that migration: a point-in-time recovery.
    """

    code = "reverse-not-possible"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, migration: str, why: str, environment: str) -> None:
        words = ("hrmsops", "rollback", "pitr", "-e", environment, "--before-migration", migration)
        super().__init__(
            what=f"{migration} cannot be taken back.",
            why=f"{why[:1].upper()}{why[1:]}.",
            fix=shlex.join([*words, "--promote", "--reason", f"undo {migration}"]),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            migration="payroll.0003_amounts",
            why="RunPython in line 12 has no reverse",
            environment="production",
        )


class ReverseIsFake(HrmsopsError):
    """A reverse would do nothing: Django records it as taken back, and the damage stays.

    That is right where only the record has to go, and wrong where data have to be mended. Accept
    it with `--accept reverse-is-fake`; data come back by the point-in-time recovery.
    """

    code = "reverse-is-fake"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, migrations: tuple[str, ...], first: str, environment: str) -> None:
        words = ("hrmsops", "rollback", "pitr", "-e", environment, "--before-migration", first)
        super().__init__(
            what="What was done to the data would stay.",
            why=f"{listed(migrations)}.",
            fix=shlex.join([*words, "--promote", "--reason", f"undo {first}"]),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            migrations=("payroll.0003_amounts: the reverse of RunPython in line 12 does nothing",),
            first="payroll.0003_amounts",
            environment="production",
        )


class ReverseIsLossy(HrmsopsError):
    """The reverse drops what was written since, or brings columns back empty.

    The counts are of the database as it is now. A backup is taken first, and
    `--accept reverse-is-lossy` goes on.
    """

    code = "reverse-is-lossy"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, losses: tuple[str, ...]) -> None:
        super().__init__(
            what="Data would go with it.",
            why=f"{'; '.join(losses)}.",
            fix="The same command with --accept reverse-is-lossy, where this may go.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(losses=(_LOSSY,))


class ReverseWouldFail(HrmsopsError):
    """Rows that are there now do not fit what the reverse brings back: it would stop at them.

    Looked for before anything is changed: values that are missing where NOT NULL comes back, equal
    ones where a unique key does, too long ones, rows that break a check. Mend the rows, or go back
    in time.
    """

    code = "reverse-would-fail"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, obstacles: tuple[str, ...], first: str, environment: str) -> None:
        words = ("hrmsops", "rollback", "pitr", "-e", environment, "--before-migration", first)
        super().__init__(
            what="The reverse would stop at rows that are there now.",
            why=f"{'; '.join(obstacles)}.",
            fix=shlex.join([*words, "--promote", "--reason", f"undo {first}"]),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            obstacles=("employees.0003_code: 12 rows of employees_employee have no code",),
            first="employees.0003_code",
            environment="production",
        )


class CodeLacksMigrations(HrmsopsError):
    """The code at hand does not contain every migration that the database has.

    Older code reverses nothing and exits 0, and what stands on a migration may be in the part that
    is missing. Check out the code that was deployed. The ledger knows which commit or image it is.
    """

    code = "code-lacks-migrations"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, missing: tuple[tuple[str, str], ...]) -> None:
        told = tuple(f"{name} ({where or 'not in the ledger'})" for name, where in missing)
        places = [each for _, where in missing for each in where.split(", ")]
        commit = next((each for each in places if each.startswith("commit ")), "")
        image = next((each for each in places if each.startswith("image ")), "")
        job = f"The same command with --job --image {image.removeprefix('image ')}"
        check_out = "Check out the code that was deployed, then the same command again."
        super().__init__(
            what="The code at hand is not that of the database.",
            why=f"Applied, and not in the code: {listed(told)}.",
            fix=f"git checkout {commit.split()[1].partition('+')[0]}"
            if commit
            else (job if image else check_out),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(missing=(("employees.0004_grade", "commit 1f2e3d4c5b6a"),))


class NotBehind(HrmsopsError):
    """What was named as the newest to stay is not applied: that way goes forwards."""

    code = "not-behind"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, app: str, to: str, forwards: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{app} {to} lies ahead of what is applied.",
            why=f"Applied would be: {listed(forwards)}.",
            fix=f"hrmsops migrate --app {app} --to {to}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(app="employees", to="0003", forwards=("employees.0003_code",))


class MigrationStillNeeded(HrmsopsError):
    """Another migration that stands on it was applied meanwhile: the plan is no longer whole."""

    code = "migration-still-needed"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, migration: str, by: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{migration} cannot go yet.",
            why=f"These are applied and stand on it: {listed(by)}.",
            fix="hrmsops runs abandon RUN, then the same command: it plans again",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(migration="employees.0003_code", by=("leave.0004_by_code",))


class HalfReversed(HrmsopsError):
    """An earlier run stopped within the reverse of a migration that has no transaction.

    `hrmsops resume RUN` goes on where it stopped. A new run does the same once
    `--accept half-reversed` says that the operation it stopped in may be repeated.
    """

    code = "half-reversed"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, migration: str, run: str) -> None:
        super().__init__(
            what=f"{migration} is half taken back.",
            why=f"Run {run} stopped within it, and it has no transaction.",
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(migration="employees.0004_grade", run="261123-104512-7f3a")


class ReverseFailed(HrmsopsError):
    """The reverse of a migration was rolled back as a whole: the migration is still applied.

    Those that came before it in the same run are gone. There are two ways out: mend what stood in
    the way and `hrmsops resume RUN`, or close the run and migrate forwards again.
    """

    code = "reverse-failed"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(
        self,
        *,
        migration: str,
        run: str,
        facts: dict[str, Any],
        gone: tuple[str, ...],
        left: tuple[str, ...],
        environment: str,
    ) -> None:
        why = in_words(facts)
        told = [f"{why[:1].upper()}{why[1:]}."]
        told += [f"Taken back before it: {listed(gone)}."] if gone else []
        told += [f"Still applied: {listed((migration, *left))}."]
        if gone:
            forwards = f"hrmsops migrate -e {environment}"
            told.append(f"Or forwards again: hrmsops runs abandon {run}, then {forwards}")
        super().__init__(
            what=f"{migration} was not taken back; nothing of its reverse is left.",
            why=" ".join(told),
            fix=f"hrmsops resume {run}" if gone else "Mend what stood in its way, and try again.",
        )

    @classmethod
    def example(cls) -> Self:
        facts = {"sqlstate": "23502", "error": "NotNullViolation", "about": "employees_employee"}
        return cls(
            migration="employees.0003_code",
            run="261123-104512-7f3a",
            facts=facts,
            gone=("leave.0004_by_code",),
            left=("employees.0002_region",),
            environment="production",
        )


class ReverseHalfDone(HrmsopsError):
    """The reverse of a migration without a transaction (`atomic = False`) stopped within it.

    A part is undone, and it is still recorded as applied. Mend what stood in the way and
    `hrmsops resume RUN`: it goes on with the operation that it stopped at. Or finish by hand.
    """

    code = "reverse-half-done"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(
        self, *, migration: str, run: str, facts: dict[str, Any], left: tuple[str, ...]
    ) -> None:
        why = in_words(facts)
        told = [f"{why[:1].upper()}{why[1:]}."]
        told += [f"Undone: {listed(facts['done'])}."] if facts["done"] else []
        told += [f"It stopped at: {facts['stopped_at']}."] if facts["stopped_at"] else []
        told += [f"Not begun: {listed(facts['undone'])}."] if facts["undone"] else []
        told += [f"Still applied: {listed(left)}."] if left else []
        super().__init__(
            what=f"{migration} is half taken back, as it has no transaction.",
            why=" ".join(told),
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        facts = {
            "sqlstate": "57014",
            "error": "QueryCanceled",
            "done": ["Create index employee_grade on field(s) grade of model employee"],
            "stopped_at": "Add field grade to employee",
            "undone": [],
        }
        return cls(migration="employees.0004_grade", run="261123-104512-7f3a", facts=facts, left=())


class ReverseInDoubt(HrmsopsError):
    """Code of a reverse without a transaction was interrupted; how far it came is not known.

    hrmsops does not run it a second time by itself. Where it may be repeated, a new run with
    `--accept half-reversed` goes on with that operation; else finish by hand.
    """

    code = "reverse-in-doubt"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, app: str, name: str, run: str, why: str) -> None:
        again = f"hrmsops rollback migration {app} --undo {name} --accept half-reversed"
        super().__init__(
            what=f"It is not known how far the reverse of {app}.{name} came.",
            why=why,
            fix=f"hrmsops runs abandon {run}, then {again}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            app="employees",
            name="0004_grade",
            run="261123-104512-7f3a",
            why="It runs code outside a transaction, so part of it may be committed.",
        )


class NoFittingRevision(HrmsopsError):
    """No earlier revision could serve once these migrations are gone.

    Each one that exists has them too, is not Ready, or was rolled away from. Name a revision
    (`--revision`), or take back the database alone (`--keep-traffic`) and deploy what fits it.
    """

    code = "no-fitting-revision"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, service: str, oldest: str, why: str) -> None:
        super().__init__(
            what=f"No earlier revision of {service} serves without {oldest}.",
            why=why,
            fix="The same command with --keep-traffic, then deploy the code that fits.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            service="nhia-hrms-production-api",
            oldest="employees.0001_initial",
            why="Each of the others was made after it, and has it too.",
        )
