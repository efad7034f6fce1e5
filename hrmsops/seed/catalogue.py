"""What is seeded where: the guide's table of fixtures, and the tables that each is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from hrmsops.errors.seed import FixtureUnknown

PRODUCTION, STAGING, SANDBOX = "production", "staging", "sandbox"
EVERYWHERE = (PRODUCTION, STAGING, SANDBOX)
ADMINISTRATOR = "test_administrator"
PAYROLL_ROLES = "payroll_roles"
CODE = (("code",),)
DATED = (("code", "effective_from"),)


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One table of reference data, which may be a part of a fixture.

    `keys` are the fields that name a row, the first of which that the model has. `models` are
    names that a model for it may have, in any app. `references` names the table that a field's
    values are the key of. `is_dated`: a row is the law of a time and never changed in place.
    """

    table: str
    fixture: str
    title: str
    models: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...] = CODE
    kinds: tuple[str, ...] = EVERYWHERE
    references: Mapping[str, str] = field(default_factory=dict)
    is_dated: bool = False


def _one(table: str, title: str, *models: str, **more: object) -> Spec:
    return Spec(table=table, fixture=table, title=title, models=models, **more)  # type: ignore[arg-type]


SPECS: tuple[Spec, ...] = (
    _one("roles", "Roles", "Role"),
    _one("permissions", "Permissions", "Permission"),
    _one("job_grades", "Job grades", "JobGrade", "Grade"),
    _one("job_categories", "Job categories", "JobCategory"),
    _one("leave_types", "Leave types", "LeaveType"),
    _one(
        "tax_brackets",
        "Tax brackets",
        "TaxBracket",
        "TaxBand",
        # The code of a bracket names its year too.
        keys=(("code",), ("effective_from", "order")),
        is_dated=True,
    ),
    _one("tax_reliefs", "Tax reliefs", "TaxRelief", keys=DATED, is_dated=True),
    _one("ssnit_rates", "SSNIT rates", "SsnitRate", keys=DATED, is_dated=True),
    _one("pay_components", "Pay components", "PayComponent", "SalaryComponent"),
    _one("misconduct_categories", "Misconduct categories", "MisconductCategory"),
    _one("grievance_categories", "Grievance categories", "GrievanceCategory"),
    Spec(
        table="banks",
        fixture="bank_sort_codes",
        title="Bank sort codes: banks",
        models=("Bank",),
        keys=(("prefix",),),
    ),
    Spec(
        table="bank_branches",
        fixture="bank_sort_codes",
        title="Bank sort codes: branches",
        models=("BankBranch", "BankSortCode", "SortCode"),
        references={"bank": "banks"},
    ),
    _one(
        PAYROLL_ROLES,
        "Payroll roles",
        "RolePermission",
        "PayrollRole",
        keys=(("role", "permission"),),
        kinds=(PRODUCTION,),
        references={"role": "roles", "permission": "permissions"},
    ),
    _one(ADMINISTRATOR, "Test administrator", keys=(("username",),), kinds=(STAGING,)),
)
"""In the order in which they are written: a table after those that it refers to."""

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "code": ("codename", "slug"),
    "name": ("title", "label"),
    "title": ("name", "label"),
    "order": ("position", "rank", "sort_order"),
    "prefix": ("code", "bank_code"),
    "active": ("is_active",),
    "paid": ("is_paid",),
    "taxable": ("is_taxable",),
    "pensionable": ("is_pensionable",),
    "mandatory": ("is_mandatory",),
    "rate_percent": ("rate_pct",),
}
"""Names under which a model may have a field. Only those that leave its unit beyond doubt."""


def fixtures() -> tuple[str, ...]:
    """The names that `--only` takes."""
    return tuple(dict.fromkeys(each.fixture for each in SPECS))


def chosen(only: Iterable[str], *, kind: str | None) -> tuple[Spec, ...]:
    """The tables of the fixtures that were asked for, else of all that go where `kind` is.

    `kind` None looks at all of them. A fixture that was named is there whatever the kind: whether
    it may be is for the plan to say. Raises FixtureUnknown.
    """
    names = [each.strip().replace("-", "_").lower() for each in only]
    known = fixtures()
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=2)
            raise FixtureUnknown(name=name, near=tuple(near), known=known)
    if names:
        return tuple(each for each in SPECS if each.fixture in names)
    return tuple(each for each in SPECS if kind is None or kind in each.kinds)


def spec(table: str) -> Spec:
    """The table of that name."""
    return next(each for each in SPECS if each.table == table)
