"""`hrmsops explain`, as it is typed."""

from __future__ import annotations

from pathlib import Path

from hrmsops.errors import by_code
from hrmsops.safety.rules import all_rules
from tests.command_line import hrmsops


def test_the_page_of_a_code_shows_an_example(tmp_path: Path) -> None:
    ended = hrmsops("explain", "unknown-setting", cwd=tmp_path)

    assert ended.code == 0
    assert "misspelt" in ended.out
    assert "rename regon to region" in ended.out
    assert ended.err == ""


def test_without_a_code_every_code_is_listed_with_its_exit_code(tmp_path: Path) -> None:
    lines = hrmsops("explain", cwd=tmp_path).out.splitlines()

    listed = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    errors = {code: int(error.exit_code) for code, error in by_code().items()}
    assert listed == errors | dict.fromkeys(all_rules(), 3)


def test_an_unknown_code_names_near_ones(tmp_path: Path) -> None:
    ended = hrmsops("explain", "unknown-seting", cwd=tmp_path)

    assert ended.code == 2
    assert "unknown-setting" in ended.err
    assert ended.out == ""


def test_the_page_can_be_read_by_a_program(tmp_path: Path) -> None:
    document = hrmsops("explain", "declined", "--json", cwd=tmp_path).document

    assert document["schema"] == 1
    assert document["page"]["code"] == "declined"
    assert document["page"]["exit_code"] == 4


def test_under_json_an_error_is_the_one_document(tmp_path: Path) -> None:
    ended = hrmsops("explain", "no-such-code", "--json", cwd=tmp_path)

    assert ended.code == 2
    assert ended.err == ""
    assert ended.document["schema"] == 1
    assert ended.document["error"]["code"] == "unknown-code"
    assert ended.document["error"]["exit_code"] == 2


def test_an_unknown_option_is_a_wrong_usage_with_the_help_to_read(tmp_path: Path) -> None:
    ended = hrmsops("explain", "--forse", cwd=tmp_path)

    assert ended.code == 2
    assert "--forse" in ended.err
    assert "hrmsops explain --help" in ended.err
    assert "Traceback" not in ended.err
