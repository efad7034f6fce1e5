"""Why a backfill is not begun: what was asked for does not fit the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError

LIST = "python manage.py backfill_data --list"
SHOWN_MAX = 12


def near(name: str, known: Sequence[str]) -> str:
    """What may have been meant, as a sentence; else what there is."""
    close = get_close_matches(name, known, n=3, cutoff=0.5) or get_close_matches(
        name.lower(), [each for each in known if each.lower() == name.lower()], n=1
    )
    if close:
        return f"Near it: {', '.join(close)}."
    if not known:
        return "There is none."
    more = f" and {len(known) - SHOWN_MAX} more" if len(known) > SHOWN_MAX else ""
    return f"There are {', '.join(list(known)[:SHOWN_MAX])}{more}."


class BackfillUnknown(HrmsopsError):
    """No installed app registers a backfill of that name.

    Backfills are registered in `<app>/backfills.py` of an app in INSTALLED_APPS.
    """

    code: ClassVar[str] = "backfill-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, name: str, known: Sequence[str]) -> None:
        super().__init__(
            what=f"No backfill {name!r} is registered.", why=near(name, known), fix=LIST
        )

    @classmethod
    def example(cls) -> Self:
        return cls(name="set_employe_status", known=("set_employee_status",))


class BackfillRegisteredTwice(HrmsopsError):
    """Two modules register a backfill of the same name: which one would run?"""

    code: ClassVar[str] = "backfill-registered-twice"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, name: str, modules: tuple[str, str]) -> None:
        super().__init__(
            what=f"Two backfills are called {name!r}.",
            why=f"{modules[0]} and {modules[1]} register it.",
            fix="Give one of them another name.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(name="set_status", modules=("employees.backfills", "leave.backfills"))


class BackfillOptionsWrong(HrmsopsError):
    """The options do not say one backfill.

    Either `--backfill NAME`, or `--model`, `--field` and one of `--value` and `--expression`.
    """

    code: ClassVar[str] = "backfill-options-wrong"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, problem: str) -> None:
        super().__init__(
            what=problem,
            why="A backfill is a registered name, or a model, a field and its new value.",
            fix="Give --backfill NAME, or --model, --field and --value or --expression.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(problem="employees.Employee.status needs one of --value and --expression.")


class BackfillNameUnknown(HrmsopsError):
    """A model, a field or a database is not in the project."""

    code: ClassVar[str] = "backfill-name-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, kind: str, name: str, known: Sequence[str], of: str = "") -> None:
        where = f"{of} has" if of else "There is"
        place = "settings" if kind == "database" else "models"
        super().__init__(
            what=f"{where} no {kind} {name!r}.",
            why=near(name, known),
            fix=f"Write the {kind} as the project's {place} do.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            kind="field", name="departmentcode", known=("department_code",), of="employees.Employee"
        )


class BackfillFieldUnfit(HrmsopsError):
    """The field has no column that a backfill could write."""

    code: ClassVar[str] = "backfill-field-unfit"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, field: str, why: str) -> None:
        super().__init__(
            what=f"{field} cannot be backfilled.",
            why=why,
            fix="Name another field, or register a function of the project's own.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(field="employees.Employee.id", why="It is the key that the batches go by.")


class BackfillValueWrong(HrmsopsError):
    """The value does not fit the field; nothing was written."""

    code: ClassVar[str] = "backfill-value-wrong"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, field: str, kind: str, value: str, why: str) -> None:
        super().__init__(
            what=f"{value!r} is no value for {field}, a {kind}.",
            why=why,
            fix="Give a value of that type; --expression NULL stands for null.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            field="payroll.PayPeriod.starts_on",
            kind="DateField",
            value="yesterday",
            why="“yesterday” value has an invalid date format. It must be in YYYY-MM-DD format.",
        )


class BackfillFilterWrong(HrmsopsError):
    """A filter is no lookup of the model; nothing was written.

    A filter is what `QuerySet.filter` takes: `status__isnull=True`, `hire_date__lt=2020-01-01`,
    `department__code__in=HR,IT`. `lookup!=value` stands for its opposite.
    """

    code: ClassVar[str] = "backfill-filter-wrong"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, filter: str, why: str) -> None:  # noqa: A002 - The option's own name.
        super().__init__(
            what=f"The filter {filter!r} does not fit the model.",
            why=why,
            fix="Write it as lookup=value, such as status__isnull=True.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            filter="status__isnul=True",
            why="Unsupported lookup 'isnul' for CharField or join on the field not permitted, "
            "perhaps you meant isnull?",
        )


class BackfillExpressionWrong(HrmsopsError):
    """The expression is neither one of Django's nor of PostgreSQL's; nothing was written.

    Django's begin with a capital: `Upper("name")`, `F("count") + 1`. Everything else is SQL:
    `upper(name)`, `NULL`. PostgreSQL plans the whole statement before the first row is changed.
    """

    code: ClassVar[str] = "backfill-expression-wrong"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(
        self, *, expression: str, why: str, name: str = "", known: Sequence[str] = ()
    ) -> None:
        super().__init__(
            what=f"{expression} cannot be computed for each row.",
            why=f"{why} {near(name, known)}" if name else why,
            fix="Write it as a Django expression, or as SQL over the table's columns.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            expression='Uper("name")',
            why="Django has no Uper.",
            name="Uper",
            known=("Upper", "Lower"),
        )


class BackfillSettingWrong(HrmsopsError):
    """The project's settings name a limit that there is not, or that is no number.

    `HRMSOPS_BACKFILL_LIMITS = {"replication_bytes": 64 << 20, "waiters": 5}` in settings.py says
    from where on a backfill pauses: `archive_bytes` of WAL that wait to be archived,
    `replication_bytes` that a replica is behind, `waiters` for locks, `autovacuums` of the table,
    `snapshot_seconds` of the oldest transaction.
    """

    code: ClassVar[str] = "backfill-setting-wrong"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(
        self, *, setting: str, name: str, known: Sequence[str], value: object = None
    ) -> None:
        why = near(name, known) if name not in known else "A number above 0 is wanted."
        shown = f"[{name!r}] is {value!r}." if name in known else f" has no {name!r}."
        super().__init__(
            what=f"{setting}{shown}", why=why, fix=f"Mend {setting} in the project's settings."
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            setting="HRMSOPS_BACKFILL_LIMITS", name="waiter", known=("waiters", "archive_bytes")
        )


class BackfillOptionsDiffer(HrmsopsError):
    """`--resume` was given options that the run to go on with was not begun with.

    Rows that are done would have been done by other rules than the rest. What is left out comes
    from the checkpoint; `--batch-size` and `--sleep` may differ.
    """

    code: ClassVar[str] = "backfill-options-differ"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, subject: str, differing: Mapping[str, tuple[str, str]]) -> None:
        told = "; ".join(
            f"{name} was {was} and is now {now}" for name, (was, now) in differing.items()
        )
        super().__init__(
            what=f"The unfinished run of {subject} was begun with other options.",
            why=f"{told}.",
            fix="Leave them out with --resume, or begin anew with --anew.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            subject="employees.Employee.status = 'ACTIVE'",
            differing={"filters": ("('status__isnull=True',)", "('status=NEW',)")},
        )
