"""The data themselves: what there is, and what would be noticed in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from hrmsops.config import Config
from hrmsops.errors.seed import FixtureUnknown, SeedDataWrong, SeedFileUnreadable
from hrmsops.seed.catalogue import SPECS, chosen, fixtures
from hrmsops.seed.checks import problems
from hrmsops.seed.material import data
from hrmsops.seed.reading import parsed, read
from hrmsops.seed.table import Table
from tests.command_line import hrmsops

COUNTS = {
    "roles": 11,
    "permissions": 20,
    "job_grades": 10,
    "job_categories": 8,
    "leave_types": 9,
    "tax_brackets": 7,
    "tax_reliefs": 5,
    "ssnit_rates": 3,
    "pay_components": 14,
    "misconduct_categories": 12,
    "grievance_categories": 10,
    "banks": 27,
    "bank_branches": 1364,
}
OURS = read(SPECS, None)


def changed(name: str, change: Callable[[dict[str, Any], int], dict[str, Any]]) -> tuple[str, ...]:
    """What is wrong with our tables after each row of one of them was changed."""
    table = OURS[name]
    rows = tuple(
        structs.replace(row, values=change(dict(row.values), number))
        for number, row in enumerate(table.rows)
    )
    return problems({**OURS, name: replace(table, rows=rows)})


def at(number: int, **values: Any) -> Callable[[dict[str, Any], int], dict[str, Any]]:
    """Only the row of that place gets these values."""
    return lambda row, place: {**row, **values} if place == number else row


def test_there_is_just_what_the_guide_counts() -> None:
    everywhere = [each for each in SPECS if len(each.kinds) == 3]

    assert {each.table: len(OURS[each.table].rows) for each in everywhere} == COUNTS
    assert len(fixtures()) == 14


GUIDE = """\
| Roles (11) | Yes | Yes | Yes |
| Permissions (20) | Yes | Yes | Yes |
| Job Grades (10) | Yes | Yes | Yes |
| Job Categories (8) | Yes | Yes | Yes |
| Leave Types (9) | Yes | Yes | Yes |
| Tax Brackets (7) | Yes | Yes | Yes |
| Tax Reliefs (5) | Yes | Yes | Yes |
| SSNIT Rates (3) | Yes | Yes | Yes |
| Pay Components (14) | Yes | Yes | Yes |
| Misconduct Categories (12) | Yes | Yes | Yes |
| Grievance Categories (10) | Yes | Yes | Yes |
| Bank Sort Codes | Yes | Yes | Yes |
| Test Admin User | No | Yes | No |
| Payroll Roles | No | No | Yes |
"""
"""What gets loaded, word for word: in all environments, in staging, in production."""
CALLED = {"test_admin_user": "test_administrator"}


@pytest.mark.parametrize("line", GUIDE.splitlines())
def test_each_line_of_the_guides_table_is_so(line: str) -> None:
    told, *places = (cell.strip() for cell in line.strip("|").split("|"))
    name, _, count = told.rstrip(")").partition(" (")
    fixture = name.lower().replace(" ", "_")
    specs = chosen([CALLED.get(fixture, fixture)], kind=None)

    for kind, place in zip(("sandbox", "staging", "production"), places, strict=True):
        assert all((kind in each.kinds) == (place == "Yes") for each in specs)
    if count:
        assert [len(OURS[each.table].rows) for each in specs] == [int(count)]


def test_the_kind_of_an_environment_decides_what_goes_there() -> None:
    tables = {
        kind: {each.table for each in chosen((), kind=kind)}
        for kind in ("production", "staging", "sandbox")
    }

    assert tables["sandbox"] == set(COUNTS)
    assert tables["production"] - tables["sandbox"] == {"payroll_roles"}
    assert tables["staging"] - tables["sandbox"] == {"test_administrator"}


def test_nothing_contradicts_itself() -> None:
    assert problems(OURS) == ()


def test_every_row_says_where_it_is_from() -> None:
    for table in OURS.values():
        for row in table.rows:
            assert any(name in row.source for name in table.sources) or row.source, table.name
    brackets = OURS["tax_brackets"].rows
    assert {row.standing for row in brackets} == {"corroborated"}
    severities = OURS["misconduct_categories"].rows
    assert {row.standing_of("severity") for row in severities} == {"default"}
    assert sum(row.standing == "authoritative" for row in severities) == 9


def test_no_file_holds_a_password() -> None:
    (row,) = OURS["test_administrator"].rows

    assert not any("password" in name for name in row.values)


@pytest.mark.parametrize(
    ("name", "change", "wrong"),
    [
        ("tax_brackets", at(2, annual_from=7300), "a band ends at 7200 and the next begins at 73"),
        ("tax_brackets", at(0, annual_from=1), "the first band does not begin at 0"),
        ("tax_brackets", at(6, annual_to=900000), "the last band is not open at the top"),
        ("tax_brackets", at(3, rate_percent=Decimal(10)), "the rate does not rise above 10"),
        (
            "tax_brackets",
            at(4, cumulative_annual_tax_at_top=Decimal("54871.00")),
            "cumulative_annual_tax_at_top of PAYE-2024-5 is 54871.00, not 54872.00",
        ),
        ("tax_brackets", at(3, monthly_to=Decimal("3896.66")), "is 3896.66, not 3896.67"),
        ("tax_brackets", at(1, annual_width=1321), "annual_width of PAYE-2024-2 is 1321, not 1320"),
        (
            "ssnit_rates",
            at(0, max_monthly_contribution=Decimal("9316.00")),
            "13.5 % of 69000.00 is 9315.00, not 9316.00",
        ),
        ("ssnit_rates", at(1, remitted_percent=Decimal(6)), "18.5 % is paid in and 19.5 % is pass"),
        ("roles", at(3, code="employee"), "code employee is there 2 times"),
        ("permissions", at(3, code=""), "a row has no code"),
        ("banks", at(3, prefix="4"), '"4" is not two digits'),
        ("banks", at(3, gip_code="050100"), "GIP code 050100 is not one of bank 04"),
        ("bank_branches", at(9, code="02061"), '"02061" is not six digits'),
        ("bank_branches", at(9, code="\u0660\u0662\u0660\u0666\u0661\u0661"), "is not six digits"),
        ("bank_branches", at(9, bank="03"), "is not one of bank 03"),
        ("bank_branches", at(9, code="990101", bank="99"), "bank 99 is not among banks"),
        ("payroll_roles", at(1, permission="payroll.audit"), "payroll.audit is not among permiss"),
        (
            "payroll_roles",
            at(1, role="payroll_manager"),
            "payroll_manager holds both payroll.prepare and payroll.approve",
        ),
    ],
)
def test_what_cannot_be_right_is_named(
    name: str, change: Callable[[dict[str, Any], int], dict[str, Any]], wrong: str
) -> None:
    found = changed(name, change)

    assert any(wrong in each for each in found), found
    assert found[0].startswith(f"{name}: ")


def test_the_ceilings_of_past_years_are_checked_too() -> None:
    rates = OURS["ssnit_rates"]
    history = tuple({**each, "max_contribution": Decimal(1)} for each in rates.history)
    table: Table = replace(rates, history=history)

    assert len(problems({"ssnit_rates": table})) == len(rates.history) == 4


def test_a_fixture_that_there_is_not_is_told_with_the_near_ones() -> None:
    with pytest.raises(FixtureUnknown) as caught:
        chosen(["tax-bracket"], kind="staging")

    assert "tax_brackets" in caught.value.why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('standing = "default"\nrows = []', "It has no rows."),
        ('standing = "sure"\nrows = [{ code = "A" }]', 'not "sure"'),
        ('standing = "default"\nrow = [{ code = "A" }]', "It has row, which is not of a data file"),
        ('standing = "default"\ncolumns = ["a"]\nrows = [["b", "c"]]', "Row 1 has not a value"),
        ('standing = "default"\nrows = [{ code = ["A"] }]', "A value is a list"),
        ("standing = ", "It is not TOML"),
    ],
)
def test_a_file_in_another_form_is_refused(text: str, why: str) -> None:
    with pytest.raises(SeedFileUnreadable) as caught:
        parsed("roles", text, origin="seed/roles.toml")

    assert why in caught.value.why


def test_the_projects_own_file_stands_in_for_ours_and_is_checked_alike(tmp_path: Path) -> None:
    (tmp_path / "hrmsops.toml").write_text('[seed]\ndata = "own"\n')
    (tmp_path / "own").mkdir()
    own = tmp_path / "own/job_categories.toml"
    own.write_text('standing = "authoritative"\nrows = [{ code = "ALL", name = "Everybody" }]\n')
    from hrmsops.config import load

    config: Config = load(tmp_path / "hrmsops.toml")
    found = data(config, SPECS)

    assert [row.values["code"] for row in found["job_categories"].rows] == ["ALL"]
    assert len(found["roles"].rows) == 11
    own.write_text(own.read_text().replace("rows = [", 'rows = [{ code = "ALL" }, '))
    with pytest.raises(SeedDataWrong) as caught:
        data(config, SPECS)
    assert "job_categories: code ALL is there 2 times" in caught.value.why
    assert "own/job_categories.toml" in caught.value.fix


def test_the_list_shows_what_there_is_and_marks_what_is_for_review(tmp_path: Path) -> None:
    told = hrmsops("seed", "--list", "--only", "misconduct-categories", "--json", cwd=tmp_path)

    assert told.code == 0, told.err
    (table,) = told.document["tables"]
    assert (table["count"], table["for_review"], table["key"]) == (12, 12, ["code"])
    lateness = next(row for row in table["rows"] if row["values"]["code"] == "LATENESS")
    assert lateness["source"] == "ci17 reg.19"
    assert (lateness["standing"], lateness["standings"]) == (
        "authoritative",
        {"severity": "default"},
    )
    shown = hrmsops("seed", "--list", cwd=tmp_path)
    assert shown.code == 0, shown.err
    assert any(
        line.split()[:4] == ["bank_sort_codes:", "branches", "1364", "1364"]
        for line in shown.out.splitlines()
    )
