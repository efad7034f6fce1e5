"""Why reference data do not fit the project's models."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.failure_words import listed


class SeedTableUnmapped(HrmsopsError):
    """No model of the project, or more than one, could be meant for a table of reference data.

    Models are found by their names in any app. Where they have others, `[seed.tables.NAME]` says
    which it is; a table that the project does not have is left out by `skip` under `[seed]`.
    """

    code: ClassVar[str] = "seed-table-unmapped"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, problems: tuple[str, ...], tables: tuple[str, ...]) -> None:
        super().__init__(
            what=f"It is open which models {listed(tables)} are for.",
            why=f"{'; '.join(problems)}.",
            fix=f'Write model = "APP.MODEL" under [seed.tables.{tables[0]}], or '
            f'skip = ["{tables[0]}"] under [seed].',
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            problems=("tax_brackets: no model is called TaxBracket or TaxBand",),
            tables=("tax_brackets",),
        )


class SeedModelUnfit(HrmsopsError):
    """A model cannot take the rows: its key is not there, or a column of it would stay empty.

    `fields` under `[seed.tables.NAME]` says which field of the model takes which of the data,
    `values` what its other fields get.
    """

    code: ClassVar[str] = "seed-model-unfit"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, table: str, model: str, problems: tuple[str, ...], mend: str) -> None:
        super().__init__(
            what=f"{model} cannot take the rows of {table}.",
            why=f"{'; '.join(problems)}.",
            fix=mend,
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            table="leave_types",
            model="leave.LeaveType",
            problems=("colour must have a value and has no default",),
            mend='Write values = { colour = "…" } under [seed.tables.leave_types].',
        )


class SeedValuesUnfit(HrmsopsError):
    """The database would cut or round what is to be written, or the form would refuse it later."""

    code: ClassVar[str] = "seed-values-unfit"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, problems: tuple[str, ...]) -> None:
        super().__init__(
            what="Some values do not fit into the fields of their models.",
            why=f"{'; '.join(problems)}.",
            fix="Widen the field, or map the value to another field under [seed.tables].",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(problems=("leave_types.unit is longer than the 20 of leave.LeaveType.unit",))
