"""What is on the screen, and what is asked of the keyboard."""

from __future__ import annotations

import json
import os
import re
import signal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.style import Style

from hrmsops.config import Environment
from hrmsops.console import banner, layout, next_command, output, prompts, theme
from hrmsops.console.safe import shown
from hrmsops.errors.usage import AnswerNeeded, ConfirmationDiffers, Declined, UnknownCode
from tests.command_line import end_of, in_terminal

ESCAPE = "\x1b"
PRODUCTION = Environment(
    name="production",
    kind="production",
    project="nhia-hrms",
    region="us-central1",
    service="nhia-hrms-production-api",
    instance="nhia-hrms-production-pg-0001",
)
STAGING = Environment(
    name="staging",
    kind="staging",
    protected=False,
    project="nhia-hrms",
    region="us-central1",
    service="nhia-hrms-staging-api",
)
FAR = f"{'far/' * 12}away.toml"
SENTENCES = f"""
from rich.console import Group
from hrmsops.console import layout, next_command, output, theme
with next_command.typed(["status", "--config", "{FAR}"]):
    output.say("They are to go: hrmsops replay 261129-133630-c832")
    told = "It is stopped; go on: hrmsops resume 261129-133630-c832"
    output.draw(Group(layout.hanging(theme.results(), "! ", told)))
"""
BANNER = (
    "from tests.test_console import PRODUCTION; from hrmsops.console import banner; "
    "banner.show(PRODUCTION, account='oncall@nhia.example', instance=PRODUCTION.instance)"
)
ASKS = ("-m", "tests.consent_in_terminal")


def test_a_document_begins_with_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_json("service", {"name": "nhia-hrms-production-api", "percent": 100})

    assert json.loads(capsys.readouterr().out) == {
        "schema": 1,
        "kind": "service",
        "name": "nhia-hrms-production-api",
        "percent": 100,
    }


def test_talk_and_results_go_different_ways(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("talk")
    output.result("result")

    assert tuple(capsys.readouterr()) == ("result\n", "talk\n")


def test_an_error_shows_what_why_fix_and_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    output.error(UnknownCode(asked="x", near=["y"]), json=False)

    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(":")[0] for line in err.splitlines()] == ["Error", "Why", "Fix", "Page"]
    assert "hrmsops explain unknown-code" in err


def test_markup_in_a_value_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.result("[red]bold[/red] :smile: [link=x]")
    output.table(("NAME",), [("[b]x[/b]",)])

    out = capsys.readouterr().out
    assert "[red]bold[/red] :smile: [link=x]" in out
    assert "[b]x[/b]" in out


def test_escape_sequences_in_a_value_are_spelled_out(capsys: pytest.CaptureFixture[str]) -> None:
    output.result(f"rev{ESCAPE}[2J\rproduction")

    out = capsys.readouterr().out
    assert ESCAPE not in out
    assert "rev\\x1b[2J\\rproduction" in out


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://hrms_ops:hunter2@10.0.0.3/hrms",
        "host=10.0.0.3 password=hunter2 user=x",
        "Authorization: Bearer hunter2hunter2",
        "HRMSOPS_PASSWORD=hunter2",
        '{"access_token": "hunter2"}',
        "ya29.hunter2hunter2",
    ],
)
def test_secrets_never_reach_the_screen(text: str) -> None:
    assert "hunter2" not in shown(text)
    assert "[hidden]" in shown(text)


def test_a_command_at_the_end_of_a_sentence_is_whole_and_not_folded() -> None:
    command = "hrmsops replay 261123-104512-7f3a --show"
    narrow = Console(width=30, file=StringIO(), color_system=None)
    with next_command.typed(["status", "--config", "x.toml"]):
        narrow.print(
            layout.hanging(narrow, "! ", f"What differs is kept: {command}"), soft_wrap=True
        )
        narrow.print(
            layout.hanging(narrow, "! ", f"{command} would be a part of this sentence"),
            soft_wrap=True,
        )
    assert isinstance(narrow.file, StringIO)
    lines = narrow.file.getvalue().splitlines()
    assert lines[:2] == ["! What differs is kept:", f"  {command} --config x.toml"]
    assert max(map(len, lines[2:])) <= 30


def test_a_narrow_terminal_neither_folds_nor_cuts_a_command(tmp_path: Path) -> None:
    terminal = in_terminal("-c", SENTENCES, cwd=tmp_path, NO_COLOR="1")
    assert end_of(terminal) == 0

    whole = f"261129-133630-c832 --config {FAR}"
    assert [line.strip() for line in terminal.before.splitlines()] == [
        "They are to go:",
        f"hrmsops replay {whole}",
        "! It is stopped; go on:",
        f"hrmsops resume {whole}",
    ]


def test_a_table_in_a_pipe_folds_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("A", "B"), [("x" * 300, "y"), ("short", "z")])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line == line.rstrip() for line in lines)


def test_the_banner_names_all_that_is_about_to_be_touched(
    capsys: pytest.CaptureFixture[str],
) -> None:
    banner.show(PRODUCTION, account="oncall@nhia.example", instance=PRODUCTION.instance)

    out, err = capsys.readouterr()
    assert out == ""
    for word in (
        "[PRODUCTION]",
        "nhia-hrms/us-central1",
        "nhia-hrms-production-api",
        "nhia-hrms-production-pg-0001",
        "oncall@nhia.example",
    ):
        assert word in err
    assert all(len(line) <= 80 for line in err.splitlines())


def test_only_production_is_in_capitals() -> None:
    assert "[staging]" in banner.banner(STAGING, account=None, instance="").plain


def test_production_is_red_in_a_terminal(tmp_path: Path) -> None:
    terminal = in_terminal("-c", BANNER, cwd=tmp_path)
    terminal.expect("PRODUCTION")

    assert re.search(rf"{ESCAPE}\[[\d;]*41m", terminal.before)
    assert end_of(terminal) == 0


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colours_the_banner_is_plain_and_fits(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    terminal = in_terminal("-c", BANNER, cwd=tmp_path, **variables)
    assert end_of(terminal) == 0

    assert ESCAPE not in terminal.before
    lines = terminal.before.splitlines()
    assert lines[0].startswith("[PRODUCTION]")
    assert len(lines) == 2


def test_yes_covers_what_can_be_undone(capfd: pytest.CaptureFixture[str]) -> None:
    prompts.consent(undoable=True, name="production", yes=True, confirm=None, summary="Shift")

    assert capfd.readouterr() == ("", ""), "Nobody is asked."


def test_yes_does_not_cover_what_cannot_be_undone() -> None:
    with pytest.raises(AnswerNeeded) as raised:
        prompts.consent(undoable=False, name="pg-0001", yes=True, confirm=None, summary="Restore")

    assert "--confirm pg-0001" in raised.value.fix


def test_the_right_name_covers_everything_and_a_wrong_one_nothing() -> None:
    prompts.consent(undoable=False, name="pg-0001", yes=False, confirm="pg-0001", summary="Go")
    with pytest.raises(ConfirmationDiffers):
        prompts.consent(undoable=True, name="pg-0001", yes=True, confirm="pg-0002", summary="Go")


def test_without_a_terminal_the_missing_flag_is_named() -> None:
    with pytest.raises(AnswerNeeded) as raised:
        prompts.consent(undoable=True, name="x", yes=False, confirm=None, summary="Shift")
    assert "--yes" in raised.value.fix
    with pytest.raises(AnswerNeeded, match="reason"):
        prompts.reason("  ")
    with pytest.raises(AnswerNeeded):
        prompts.pick("Which?", [(1, "one")], flag="--revision NAME")


def test_a_reason_that_was_given_is_taken() -> None:
    assert prompts.reason(" errors on login ") == "errors on login"


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", Declined.exit_code), ("\r", 4)])
def test_in_a_terminal_a_no_is_a_decline(tmp_path: Path, answer: str, code: int) -> None:
    terminal = in_terminal(*ASKS, "undoable", cwd=tmp_path)
    terminal.expect("Change it")
    terminal.send(answer)

    assert end_of(terminal) == code


@pytest.mark.parametrize(("answer", "code"), [("nhia-hrms-production-pg-0001", 0), ("no", 4)])
def test_in_a_terminal_the_name_has_to_be_typed(tmp_path: Path, answer: str, code: int) -> None:
    terminal = in_terminal(*ASKS, "final", cwd=tmp_path)
    terminal.expect("to go on:")
    terminal.send(f"{answer}\r")

    assert end_of(terminal) == code


def test_a_name_that_was_mistyped_can_be_mended(tmp_path: Path) -> None:
    terminal = in_terminal(*ASKS, "final", cwd=tmp_path)
    terminal.expect("to go on:")
    terminal.send("nhia-hrms-production-pg-001\r")
    terminal.expect("That is not nhia-hrms-production-pg-0001")
    terminal.send("\x7f01\r")

    assert end_of(terminal) == 0


def test_in_a_terminal_the_reason_is_asked_for(tmp_path: Path) -> None:
    terminal = in_terminal(*ASKS, "reason", cwd=tmp_path)
    terminal.expect("What is the reason")
    terminal.send("errors on login\r")
    terminal.expect("answered errors on login")

    assert end_of(terminal) == 0


def test_a_choice_is_made_with_the_arrow_keys(tmp_path: Path) -> None:
    terminal = in_terminal(*ASKS, "pick", cwd=tmp_path)
    terminal.expect("second")
    terminal.send(f"{ESCAPE}[A\r")
    terminal.expect("answered a")

    assert end_of(terminal) == 0


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_question_however_busy_it_is(tmp_path: Path, signum: int) -> None:
    for _ in range(4):
        terminal = in_terminal(*ASKS, "pick", cwd=tmp_path)
        terminal.expect("first")
        terminal.send(f"{ESCAPE}[B" * 300)
        os.kill(terminal.pid, signum)
        assert end_of(terminal) == 128 + signum


def test_on_a_terminal_of_lines_alone_everything_is_answered_by_a_line(tmp_path: Path) -> None:
    lines = {
        "undoable": ("(y/N)", "y"),
        "final": ("to go on:", "nhia-hrms-production-pg-0001"),
        "reason": ("record:", "errors on login"),
    }
    for question, (asked, typed) in lines.items():
        terminal = in_terminal(*ASKS, question, cwd=tmp_path, TERM="dumb")
        terminal.expect_exact(asked)
        terminal.send(f"\r{typed}\r" if question != "undoable" else f"perhaps\r{typed}\r")
        terminal.expect("answered")
        assert end_of(terminal) == 0
        assert ESCAPE not in terminal.before
    terminal = in_terminal(*ASKS, "pick", cwd=tmp_path, TERM="dumb")
    terminal.expect_exact("Its number [2]:")
    terminal.send("7\r1\r")
    terminal.expect("Type a number from 1 to 2.")
    terminal.expect("answered a")
    assert end_of(terminal) == 0


def test_the_end_of_input_is_a_decline(tmp_path: Path) -> None:
    terminal = in_terminal(*ASKS, "undoable", cwd=tmp_path)
    terminal.expect("Change it")
    terminal.send("\x04")

    assert end_of(terminal) == Declined.exit_code


def test_every_style_is_one_that_the_screen_knows() -> None:
    console, unknown = theme.talk(), Style(color="bright_white")

    shown = {style: console.get_style(style, default=unknown) for style in theme.STYLES}

    assert [style for style, look in shown.items() if look is unknown] == []
