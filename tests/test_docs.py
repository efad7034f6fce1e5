"""The docs say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.build import FOLDER, PAGES, main, stale
from docs.reference_commands import commands
from hrmsops.errors import by_code
from tests.command_line import hrmsops

LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([\w-]+))?\)")


def test_the_reference_pages_are_those_of_today() -> None:
    assert stale() == []


def test_check_ends_with_a_failure_for_words_it_does_not_know(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--chek"]) == 2
    assert "--check" in capsys.readouterr().err


@pytest.mark.parametrize("command", commands())
def test_every_command_says_what_it_does(tmp_path: Path, command: str) -> None:
    ended = hrmsops(*command.split()[1:], "--help", cwd=tmp_path)

    assert ended.code == 0, ended.err
    assert command in ended.out


@pytest.mark.parametrize("code", by_code())
def test_every_error_has_its_place_in_the_docs(code: str) -> None:
    assert f"\n## {code}\n" in (FOLDER / "errors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_between_pages_leads_somewhere(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")

    for file, anchor in LINK.findall(text):
        target = (FOLDER / (file or name)).read_text(encoding="utf-8")
        assert not anchor or f"\n## {anchor}\n" in target, (file, anchor)
