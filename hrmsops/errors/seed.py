"""Why reference data were not seeded, before the database was asked."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.failure_words import listed


class FixtureUnknown(HrmsopsError):
    """`--only` names a fixture that there is not."""

    code: ClassVar[str] = "fixture-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, name: str, near: tuple[str, ...], known: tuple[str, ...]) -> None:
        super().__init__(
            what=f"There is no fixture {name}.",
            why=f"Near it: {listed(near)}." if near else f"There are {listed(known)}.",
            fix="hrmsops seed --list",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(name="tax_bands", near=("tax_brackets",), known=("tax_brackets",))


class SeedFileUnreadable(HrmsopsError):
    """A file with reference data is not in the form that it has to have."""

    code: ClassVar[str] = "seed-file-unreadable"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, file: str, why: str) -> None:
        super().__init__(
            what=f"{file} is not reference data.",
            why=why,
            fix="Correct the file; those of hrmsops in hrmsops/seed/data show the form.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="seed/job_grades.toml", why="It has no rows.")


class SeedDataWrong(HrmsopsError):
    """The data contradict themselves: a gap between tax bands, a code twice, a wrong sum.

    Nothing of any fixture is written then.
    """

    code: ClassVar[str] = "seed-data-wrong"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, problems: tuple[str, ...], files: tuple[str, ...]) -> None:
        super().__init__(
            what="The reference data cannot be right.",
            why=f"{'; '.join(problems)}.",
            fix=f"Correct {listed(files)}.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            problems=("tax_brackets: a band ends at 7200 and the next begins at 7300",),
            files=("seed/tax_brackets.toml",),
        )


class FixtureNotForKind(HrmsopsError):
    """The fixture does not belong into an environment of this kind.

    The test administrator is for staging alone, and the payroll's roles for production. `kind` of
    the environment decides, not its name.
    """

    code: ClassVar[str] = "fixture-not-for-kind"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(
        self, *, fixture: str, environment: str, kind: str, kinds: tuple[str, ...]
    ) -> None:
        super().__init__(
            what=f"{fixture} is not seeded in {environment}.",
            why=f"{environment} is of kind {kind}, and {fixture} is for {listed(kinds)} alone.",
            fix="hrmsops seed --list",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            fixture="test_administrator",
            environment="production",
            kind="production",
            kinds=("staging",),
        )


class DatabaseIsProduction(HrmsopsError):
    """The database says that it is production's, whatever the configuration says of it.

    An environment of kind production has this instance, or a seed of production is on record in
    the database (`hrmsops.seeds`). A test administrator is never made there. A copy of production
    that has become staging for good is told so by deleting those records.
    """

    code: ClassVar[str] = "database-is-production"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, environment: str, instance: str, sign: str) -> None:
        super().__init__(
            what=f"No test administrator is made in {instance}.",
            why=f"{environment} is not of kind production, but {sign}.",
            fix="Correct instance and kind of the environment, or name what is due with --only.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            environment="staging",
            instance="nhia-hrms-production-pg-0001",
            sign="the environment production has this instance",
        )


class AdministratorPasswordMissing(HrmsopsError):
    """A test administrator is to be made, and nothing says with which password.

    It comes from a variable or from Secret Manager, or is typed or generated in a terminal. It
    stands in no file, record, log or argument.
    """

    code: ClassVar[str] = "administrator-password-missing"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, variable: str) -> None:
        super().__init__(
            what="There is no password for the test administrator.",
            why=f"{variable} is not set, no secret is configured, and nobody can type one.",
            fix=f"Set {variable}, or password_secret under [seed.administrator].",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(variable="HRMSOPS_TEST_ADMIN_PASSWORD")


class AdministratorPasswordRefused(HrmsopsError):
    """The project's own rules for passwords do not take this one for the test administrator."""

    code: ClassVar[str] = "administrator-password-refused"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, problems: tuple[str, ...]) -> None:
        super().__init__(
            what="The password of the test administrator was not taken.",
            why=" ".join(problems),
            fix="Choose another one; in a terminal it can be generated.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(problems=("It has fewer than 12 characters.",))


class SeedSettingUnknown(HrmsopsError):
    """The configuration names a table of reference data that there is not."""

    code: ClassVar[str] = "seed-setting-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, where: str, name: str, near: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{where} names {name}, which is no table of the seed.",
            why=f"Near it: {listed(near)}." if near else "`hrmsops seed --list` shows them all.",
            fix="Correct the name.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(where="[seed] skip", name="grievances", near=("grievance_categories",))


class FixturesNotWritable(HrmsopsError):
    """`seed --fixtures DIR` could not write its files."""

    code: ClassVar[str] = "fixtures-not-writable"

    def __init__(self, *, folder: str, why: str) -> None:
        super().__init__(
            what=f"The fixtures could not be written into {folder}.",
            why=why,
            fix="Name a folder that you may write to.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder="/srv/fixtures", why="Permission denied.")
