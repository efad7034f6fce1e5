"""What every error owes the operator, whatever part of the product it comes from."""

from __future__ import annotations

import re

import pytest

from hrmsops.commands.pages import pages
from hrmsops.errors import ExitCode, HrmsopsError, by_code

ERRORS = by_code()


def words_of(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_says_what_why_and_how_to_mend_it(code: str) -> None:
    error = ERRORS[code].example()

    assert isinstance(error, HrmsopsError)
    for sentence in (error.what, error.why, error.fix):
        assert sentence.strip(), code
        assert not re.search(r"\bNone\b|\{\w*\}|object at 0x", sentence), sentence
        assert sentence == sentence.strip()
    assert isinstance(error.exit_code, ExitCode)
    assert error.exit_code != ExitCode.DONE


@pytest.mark.parametrize("code", ERRORS)
def test_the_code_of_an_error_is_its_name(code: str) -> None:
    assert words_of(ERRORS[code].__name__) == code


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_has_a_page_of_its_own(code: str) -> None:
    page = pages()[code]

    assert page.text, code
    assert page.text != (HrmsopsError.__doc__ or "")
    assert page.summary.endswith(".")


def test_a_code_belongs_to_one_error() -> None:
    below = [HrmsopsError]
    codes: list[str] = []
    while below:
        below.extend(below.pop().__subclasses__())
        codes.extend(vars(each)["code"] for each in below[-1:] if "code" in vars(each))

    assert len(codes) == len(set(codes))


def test_a_failure_without_a_change_is_the_default() -> None:
    assert HrmsopsError.exit_code == ExitCode.FAILED
