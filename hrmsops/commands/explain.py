"""`hrmsops explain`: the page of a code, or the list of all codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.completion import complete_code

if TYPE_CHECKING:
    from hrmsops.commands.pages import Page

Code = Annotated[
    str | None,
    typer.Argument(
        metavar="[CODE]",
        autocompletion=complete_code,
        help="The code that stands below an error, such as unknown-setting.",
    ),
]


def explain(code: Code = None, json: options.Json = False) -> None:
    """Show what a code means and what to do, or list every code with its exit code."""
    if code is None:
        _list(json=json)
    else:
        _page(_find(code), json=json)


def _find(code: str) -> Page:
    from difflib import get_close_matches

    from hrmsops.commands.pages import pages
    from hrmsops.errors.usage import UnknownCode

    known = pages()
    asked = code.strip().lower().replace("_", "-")
    if page := known.get(asked):
        return page
    near = get_close_matches(asked, known, n=3) or [each for each in known if asked in each][:3]
    raise UnknownCode(asked=code, near=near)


def _page(page: Page, *, json: bool) -> None:
    from hrmsops.console import output

    if json:
        output.write_json("page", {"page": page})
        return
    output.result(page.code, style="fix")
    output.result(f"{page.kind}, exit code {page.exit_code} ({page.exit_name})\n", style="quiet")
    for paragraph in page.text.split("\n\n"):
        output.result(" ".join(paragraph.split()) + "\n")
    if page.example:
        output.result("Example", style="quiet")
    for label, text in page.example.items():
        first, *more = text.splitlines()
        if more:
            output.result(f"  {label}", style="quiet")
            output.raw("\n".join(f"    {line}" for line in (first, *more)))
        else:
            output.result(f"  {label:<5}{first}")


def _list(*, json: bool) -> None:
    from hrmsops.commands.pages import pages
    from hrmsops.console import output

    known = pages().values()
    if json:
        rows = [{"code": p.code, "exit_code": p.exit_code, "summary": p.summary} for p in known]
        output.write_json("codes", {"codes": rows})
        return
    output.table(("CODE", "EXIT", "MEANING"), ((p.code, p.exit_code, p.summary) for p in known))
