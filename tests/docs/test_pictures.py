"""The pictures of terminals: `nox -s pictures` takes them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from docs.pictures.scenes import SCENES
from tests.command_line import ROOT

DOCS = ROOT / "docs"


@pytest.mark.parametrize("name", [each.name for each in SCENES])
def test_a_picture_is_whole_shows_no_place_of_its_maker_and_stands_in_a_page(name: str) -> None:
    text = (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")

    picture = ElementTree.fromstring(text)
    words = "".join(picture.itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert f"$ hrmsops {name.replace('-', ' ')}" in words
    assert not [each for each in ("/tmp/", "/home/", "url(http", "href") if each in text]
    pages = [page for page in DOCS.rglob("*.md") if f"pictures/{name}.svg)" in page.read_text()]
    assert pages


def test_no_picture_is_left_of_a_scene_that_is_no_more() -> None:
    found = {each.stem for each in (DOCS / "pictures").glob("*.svg")}

    assert found == {each.name for each in SCENES}
