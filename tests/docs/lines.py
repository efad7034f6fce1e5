"""Every command line that the docs show: in a block, in a table, in a sentence."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.command_line import ROOT

PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if "reference" not in path.parts),
)
ERRORS = ROOT / "docs" / "reference" / "errors.md"
PROGRAMS = ("hrmsops", "gcloud", "manage.py")
FENCE = re.compile(r"^\s*```\s*(\w*)")
INLINE = re.compile(r"`([^`]+)`")
FIX = re.compile(r"^fix +(.*)$", re.MULTILINE)
IN_A_SENTENCE = re.compile(r"(?:^|: |, then |\()(hrmsops (?:(?![,;:.)]\s|[,;:.)]$| \(|\)|`).)+)")
SUBSTITUTED = re.compile(r"\$\(([^()]+)\)")
SHELL = ("sh", "console", "none")


@dataclass(frozen=True)
class Line:
    """One command line as a reader would type it, and where it stands."""

    page: Path
    number: int
    words: tuple[str, ...]
    is_whole: bool
    """From a block, to be typed as it is; a sentence or a table may name only the command."""

    @property
    def text(self) -> str:
        """How stories and lists name it: quoted as a shell would need it, without its comment."""
        return shlex.join(self.words)

    @property
    def meaning(self) -> tuple[str, ...]:
        """What it does: the same whatever the reason for it."""
        return meaning(self.words)

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.number}"


def meaning(words: tuple[str, ...]) -> tuple[str, ...]:
    """A line's words without its reason."""
    if "--reason" not in words:
        return words
    at = words.index("--reason")
    return words[:at] + words[at + 2 :]


def lines(program: str = "hrmsops") -> list[Line]:
    """All of one program, in the order of the pages."""
    return [line for page in PAGES for line in _of(page) if line.words[0] == program]


def fixes() -> list[Line]:
    """What the errors have one type: a sentence around it ends where a comma or the like does."""
    text = ERRORS.read_text(encoding="utf-8")
    return [
        Line(ERRORS, text.count("\n", 0, match.start()) + 1, words, is_whole=False)
        for match in FIX.finditer(text)
        for part in IN_A_SENTENCE.findall(match[1])
        for words in commands(part)
    ]


def _of(page: Path) -> Iterator[Line]:
    for number, text, is_whole in _texts(page.read_text(encoding="utf-8")):
        for words in commands(text):
            yield Line(page, number, words, is_whole)


def _texts(page: str) -> Iterator[tuple[int, str, bool]]:
    """What may be a command: its line's number, its text, and whether it is to be typed so."""
    fence, begun = "", ""
    for number, line in enumerate(page.splitlines(), 1):
        if match := FENCE.match(line):
            fence = "" if fence else match[1] or "none"
        elif not fence:
            yield from ((number, text, False) for text in INLINE.findall(line))
        elif fence in SHELL and (begun or fence != "console" or line.lstrip().startswith("$ ")):
            begun += line.strip().removeprefix("$ ")
            if begun.endswith("\\"):
                begun = begun[:-1]
            else:
                yield number, begun, True
                begun = ""


def commands(text: str) -> Iterator[tuple[str, ...]]:
    """The commands of our programs in a line of shell: comments, pipes and files left out."""
    for inner in SUBSTITUTED.findall(text):
        yield from commands(inner)
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:  # A sentence's apostrophe: no command line.
        return
    words: list[str] = []
    for token in [*tokens, ";"]:
        if set(token) <= set("|&;<>"):
            if known := _known(words):
                yield known
            words = []
        else:
            words.append(token)


def _known(words: list[str]) -> tuple[str, ...]:
    """`.venv/bin/hrmsops …` and `python manage.py …` are of the programs that they end with."""
    if words and re.fullmatch(r"python3?", words[0]):
        words = words[1:]
    if not words:
        return ()
    program = words[0].rpartition("/")[2]
    return (program, *words[1:]) if program in PROGRAMS else ()
