"""`hrmsops report`: what the record tells, in Markdown and as one HTML file."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from tests.rollback.production import Production

TITLES = (
    "Summary",
    "Impact in numbers",
    "Timeline (UTC)",
    "Evidence",
    "Commands and runs",
    "What was lost or replayed",
    "Personal data",
    "Checklist and open items",
    "Root cause",
)


class _Page(HTMLParser):
    """What is in a page: its tags and their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _html(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text())
    assert page.open == []
    return page


def test_the_report_has_every_section_in_both_forms(production: Production) -> None:
    run = production.rollback().document["run"]
    markdown = production.hrmsops("report", run)
    ended = production.hrmsops("report", run, "--out", "incident.html")
    assert (markdown.code, ended.code) == (0, 0), markdown.err + ended.err
    page = _html(production.folder / "incident.html")
    assert re.findall(r"^## (.*)$", markdown.out, re.MULTILINE) == list(TITLES)
    assert all(title in page.text for title in TITLES)
    first, second = production.revisions
    assert first in page.text
    assert second in markdown.out.replace("\\", "")


def test_the_page_loads_nothing_and_runs_nothing(production: Production) -> None:
    run = production.rollback().document["run"]
    production.hrmsops("report", run, "--out", "incident.html")
    page = _html(production.folder / "incident.html")
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert page.addresses == []
    assert page.tags.count("rect") == len(
        production.hrmsops("runs", "show", run, "--json").document["steps"]
    )


def test_a_reason_with_markup_in_it_is_shown_as_it_was_typed(production: Production) -> None:
    reason = 'a <script>alert(1)</script> | `x` [link](http://evil) & "quotes"'
    words = ("rollback", "app", "-e", "production", "--yes", "--json", "--reason", reason)
    run = production.hrmsops(*words).document["run"]
    production.hrmsops("report", run, "--out", "incident.html")
    page = _html(production.folder / "incident.html")
    assert "script" not in page.tags
    assert reason in page.text
    markdown = production.hrmsops("report", run).out
    assert "<script>" not in markdown.replace("\\<", "")
    assert "[link](" not in markdown.replace("\\]", "")


def test_the_checklist_knows_that_a_report_was_written(production: Production) -> None:
    run = production.rollback().document["run"]
    production.hrmsops("report", run, "--out", "incident.html")
    items = production.hrmsops("checklist", run, "--json").document["items"]
    [report] = [each for each in items if each["item"] == "report"]
    assert report["state"] == "done"
    assert report["evidence"][0].startswith("incident.html, written by")


def test_a_folder_that_is_not_there_is_said(production: Production) -> None:
    run = production.rollback().document["run"]
    ended = production.hrmsops("report", run, "--out", "no/such/incident.html")
    assert ended.code == 2
    assert "no/such/incident.html" in ended.err


def test_runs_that_belong_together_are_named(production: Production) -> None:
    first = production.rollback().document
    again = production.hrmsops(
        *("rollback", "app", "-e", "production", "--yes", "--json", "--revision", first["from"]),
        *("--reason", f"undo {first['run']}"),
    ).document
    report = production.hrmsops("report", first["run"], "--json").document
    assert [each["run"] for each in report["related"]] == [again["run"]]
