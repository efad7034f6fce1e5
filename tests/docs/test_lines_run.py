"""Whatever the docs have one type is typed: on one production, in the order of one story."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import ROOT
from tests.docs.lines import Line, lines
from tests.docs.not_typed import GCLOUD_BEYOND, NOT_TYPED
from tests.docs.scene import Scene, Typed
from tests.docs.story import DOWN, STORY, TUTORIAL
from tests.fixtures.sandboxes import assert_replies_are_googles, hrmsops

FLOOR = 100
"""So many different lines are really typed; a story that lost its lines would pass otherwise."""
PLACEHOLDER = re.compile("…|[A-Z]{2,}")
TYPED = {each.meaning for each in (*STORY, *DOWN) if isinstance(each, Typed)}


def is_typed(line: Line) -> bool:
    """As it is, or, where a sentence names only its beginning, with what belongs to it."""
    if line.is_whole:
        return line.meaning in TYPED
    told = [word for word in line.meaning if not PLACEHOLDER.fullmatch(word)]
    return any(follow_each_other(told, in_line=each) for each in TYPED)


def follow_each_other(words: list[str], *, in_line: tuple[str, ...]) -> bool:
    """Whether the line has the words in that order, with others in between."""
    rest = iter(in_line)
    return all(word in rest for word in words)


def every_line() -> list[Line]:
    """Of hrmsops; and of Django's and Google's programs where they are to be typed."""
    others = [each for name in ("manage.py", "gcloud") for each in lines(name)]
    return lines() + [each for each in others if each.is_whole and not is_beyond(each)]


def is_beyond(line: Line) -> bool:
    """Of gcloud, and not in the sandbox."""
    return " ".join(line.words[1:]).startswith(GCLOUD_BEYOND)


def test_every_line_has_its_place_in_the_story_or_a_reason() -> None:
    missing = [each for each in every_line() if not is_typed(each) and each.words not in NOT_TYPED]

    assert [f"{each.place} {each.text}" for each in missing] == []


def test_the_story_has_no_line_that_the_docs_have_not() -> None:
    shown = {each.meaning for each in every_line()}

    assert TYPED - shown == set()
    assert {meaning for meaning in NOT_TYPED if meaning not in shown} == set()
    assert len(TYPED) > FLOOR


def test_the_tutorial_is_typed_in_its_own_order() -> None:
    page = ROOT / "docs" / "tutorial.md"
    shown = [each.words for each in lines() if each.page == page and each.is_whole]
    typed = [each.words for each in (*STORY, *DOWN) if isinstance(each, Typed)]

    rest = iter(typed)
    assert [each for each in shown if each not in NOT_TYPED and each not in rest] == []
    assert len(TUTORIAL) > 15


@pytest.fixture
def scene() -> Iterator[Scene]:
    """An empty folder, for a sandbox that is no more afterwards, however the story ends."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-docs-") as folder:
        Path(folder).chmod(0o755)
        made = Scene(root=Path(folder))
        yield made
        if made.home.root.exists():
            hrmsops("sandbox", "down", "--destroy", "--yes", "--dir", str(made.home.root))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_line_of_the_docs_ends_as_it_should(scene: Scene) -> None:
    """Typed for real, each in a process of its own.

    What a person would answer is added (`--yes`, `--confirm`). A second way to the same end is only
    planned (`--dry-run`), where to walk it would take the story elsewhere: the cutovers of
    `rollback pitr` and `rollback backup` but the tutorial's, and a restore in place.
    """
    for each in STORY:
        if isinstance(each, Typed):
            scene.type(each)
        else:
            each(scene)
    assert_replies_are_googles(scene.home)
    for each in DOWN:
        scene.type(each)
    for words, reason in NOT_TYPED.items():
        print(f"not typed here: {' '.join(words)}: {reason}")
    assert len({each.meaning for each in STORY if isinstance(each, Typed)}) > FLOOR
    assert not scene.home.root.exists()
