"""The manual page, from the very objects that parse the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from docs.reference_commands import children_of, options_of, usage_of, walked
from docs.reference_pages import PROMISES

HEAD = """\
.\\" Generated from the command line: python -m docs.build
.TH HRMSOPS 1 "" "hrmsops" "User Commands"
.SH NAME
hrmsops \\- check, run and roll back deploys of a Django application on Cloud Run and Cloud SQL
.SH SYNOPSIS
.B hrmsops
.I COMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION
Results go to standard output, talk goes to standard error;
.B \\-\\-json
is one document. Nothing is changed before a plan is shown and confirmed. Without a terminal
nothing is asked: a missing answer is an error that names the flag.
.B hrmsops explain
.I CODE
is the page of any error.
"""
FILES = (
    ("hrmsops.toml", "The configuration, here or in the nearest folder above."),
    ("pyproject.toml", "Else its section [tool.hrmsops]."),
)
VARIABLES = (
    ("HRMSOPS_ENV", "The environment to work on; it may not name a protected one."),
    ("HRMSOPS_STATE_DIR", "Where the record of the runs is kept, else the platform's own folder."),
    ("HRMSOPS_PASSWORD", "The database's password, unless the configuration names another."),
    ("NO_COLOR", "No colours, if it is set."),
)


def man_page() -> str:
    """The page in groff's words; `man -l docs/shipped/hrmsops.1` shows it."""
    return "\n".join((HEAD.rstrip(), *_commands(), *_rest(), ""))


def _commands() -> Iterator[str]:
    yield ".SH COMMANDS"
    for path, command in walked():
        if children_of(command):
            continue
        yield f".SS {_plain(f'{path} {usage_of(command)}')}"
        yield from _paragraphs(cleandoc(command.help or "").replace("\f", ""))
        for names, meaning in options_of(command):
            yield from _item(names, meaning)


def _rest() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for code, promise in PROMISES.items():
        yield from _item(str(int(code)), promise)
    yield ".SH ENVIRONMENT"
    for name, meaning in VARIABLES:
        yield from _item(name, meaning)
    yield ".SH FILES"
    for name, meaning in FILES:
        yield from _item(name, meaning)
    yield ".SH SEE ALSO"
    yield ".BR gcloud (1)"


def _item(name: str, meaning: str) -> Iterator[str]:
    yield ".TP"
    yield f".B {_plain(name)}"
    yield _plain(meaning)


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        if number:
            yield ".PP"
        yield _plain(" ".join(paragraph.split()))


def _plain(text: Any) -> str:
    """As groff shows it unchanged: no request at a line's start, no hyphen for a minus."""
    told = str(text).replace("`", "").replace("\\", "\\e").replace("-", "\\-")
    told = told.replace("…", "...")
    told = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in told)
    return "\\&" + told if told.startswith((".", "'")) else told
