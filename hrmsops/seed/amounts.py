"""Whether the amounts of tax and social security agree with one another; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from hrmsops.seed.table import Row, Table

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


def bands(table: Table) -> Iterator[str]:
    """Of each time: from zero, without a gap, open at the top, rates rising, sums right."""
    for moment in dict.fromkeys(row.values.get("effective_from") for row in table.rows):
        rows = [row for row in table.rows if row.values.get("effective_from") == moment]
        rows.sort(key=lambda row: _number(row, "annual_from"))
        yield from (f"from {moment}: {each}" for each in _contiguous(rows))
        yield from (f"from {moment}: {each}" for each in _sums(rows))


def _contiguous(rows: list[Row]) -> Iterator[str]:
    if _number(rows[0], "annual_from") != 0:
        yield "the first band does not begin at 0"
    if rows[-1].values.get("annual_to") is not None:
        yield "the last band is not open at the top"
    for lower, upper in pairwise(rows):
        end, begin = lower.values.get("annual_to"), upper.values.get("annual_from")
        if end is None or end != begin:
            yield f"a band ends at {end} and the next begins at {begin}"
        if _number(lower, "rate_percent") >= _number(upper, "rate_percent"):
            yield f"the rate does not rise above {_number(lower, 'rate_percent')} %"


def _sums(rows: list[Row]) -> Iterator[str]:
    """Width, monthly limits and the tax up to each limit follow from the limits and the rates."""
    tax = Decimal(0)
    for row in rows:
        begin, end = _number(row, "annual_from"), row.values.get("annual_to")
        yield from _differing(row, "monthly_from", _cents(begin / 12))
        if end is None:
            continue
        width = _number(row, "annual_to") - begin
        tax += width * _number(row, "rate_percent") / HUNDRED
        yield from _differing(row, "annual_width", width)
        yield from _differing(row, "monthly_to", _cents(_number(row, "annual_to") / 12))
        yield from _differing(row, "cumulative_annual_tax_at_top", _cents(tax))


def _differing(row: Row, field: str, right: Decimal) -> Iterator[str]:
    stated = row.values.get(field)
    if stated is not None and _number(row, field) != right:
        yield f"{field} of {row.values.get('code')} is {stated}, not {right}"


def contributions(table: Table) -> Iterator[str]:
    """What is paid in is what is passed on, and the ceiling gives the largest contribution."""
    rates = {str(row.values.get("code")): row for row in table.rows}
    first, second = rates.get("TIER1"), rates.get("TIER2")
    if first is None or second is None:
        yield "there is no TIER1 or no TIER2"
        return
    paid = _number(first, "employee_percent") + _number(first, "employer_percent")
    passed = _number(first, "remitted_percent") + _number(second, "remitted_percent")
    if paid != passed:
        yield f"{paid} % is paid in and {passed} % is passed on"
    rate = _number(first, "remitted_percent")
    limits = [("max_monthly_insurable", "max_monthly_contribution", first.values)]
    limits += [("max_insurable", "max_contribution", year) for year in table.history]
    limits += [("min_insurable", "min_contribution", year) for year in table.history]
    for base, contribution, values in limits:
        yield from _ceiling(values, base, contribution, rate)


def _ceiling(values: Mapping[str, Any], base: str, result: str, rate: Decimal) -> Iterator[str]:
    if values.get(base) is None or values.get(result) is None:
        return
    right = _cents(Decimal(values[base]) * rate / HUNDRED)
    if Decimal(values[result]) != right:
        when = values.get("year", values.get("effective_from"))
        yield f"{rate} % of {values[base]} is {right}, not {values[result]} ({when})"


def _number(row: Row, field: str) -> Decimal:
    """The field as a number; what lacks is nought, and then some sum is wrong."""
    value = row.values.get(field)
    return Decimal(str(value)) if isinstance(value, int | Decimal) else Decimal(0)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
