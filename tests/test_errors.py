"""What every error owes the operator, whatever part of the product it comes from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hrmsops
from hrmsops.commands.accepting import REFUSALS
from hrmsops.commands.pages import pages
from hrmsops.errors import ExitCode, HrmsopsError, by_code
from tests.fixtures.commands import commands

ERRORS = by_code()
PACKAGE = Path(hrmsops.__file__).parent


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


def test_every_command_that_accepts_says_what() -> None:
    taking = {name for name, options in commands() if "--accept" in options}

    assert taking == {*REFUSALS}


def test_what_can_be_accepted_is_what_plans_ask_for() -> None:
    """`SomeRefusal.code in accepted`, wherever a plan is made."""
    asked: set[str] = set()
    for path in (*PACKAGE.glob("rollback/**/*.py"), *PACKAGE.glob("plans/*.py")):
        for name in re.findall(r"(\w+)\.code (?:not )?in accepted", path.read_text()):
            if name != "problem":
                asked.add(words_of(name))

    known = {code for codes in REFUSALS.values() for code in codes}
    assert asked <= known
    assert {*known} - {"no-backup"} <= {*ERRORS}


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("rollback app --accept candidate-unhealty", "candidate-unhealthy"),
        ("migrate --accept rows-deletd", "rows-deleted"),
        ("rollback pitr --accept rows-deleted", "binding-in-secret"),
        ("hold off --accept half-applied", "recovery-unfinished"),
    ],
)
def test_a_code_that_a_command_never_refuses_with_is_a_mistake(
    words: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from hrmsops.cli import run

    assert run(words.split()) == ExitCode.USAGE

    said = capsys.readouterr().err
    assert "no-such-refusal" in said
    assert near in said
