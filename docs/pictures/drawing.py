"""A screen as SVG: the same lines always give the same file."""

from __future__ import annotations

import io
from itertools import groupby
from typing import Any

from docs.pictures.terminal import COLUMNS

NAMED = {"brown": "yellow"}
"""What pyte calls a colour, where rich has another word for it."""
FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<!-- Made by `nox -s pictures` of what the command has written. -->
<style>
.{unique_id}-matrix {{
font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
font-size: {char_height}px; line-height: {line_height}px; font-variant-ligatures: none;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own, but for its fonts: those are fetched from elsewhere, which a picture may not."""


def svg(name: str, command: str, lines: list[list[Any]]) -> str:
    """The picture of a command, as it is typed, and of what then stands on the screen."""
    from rich.console import Console
    from rich.text import Text

    console = Console(
        record=True,
        width=COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
    )
    console.print(Text.assemble(("$ ", "dim"), (command, "bold")), overflow="fold")
    for line in lines:
        console.print(_text(line), no_wrap=True, overflow="ignore", crop=False)
    text = console.export_svg(title="", unique_id=name, code_format=FORMAT)
    return "\n".join(each.rstrip() for each in text.splitlines()) + "\n"


def _text(line: list[Any]) -> Any:
    from rich.text import Text

    text = Text()
    for style, characters in groupby(line, key=_style):
        text.append("".join(each.data for each in characters), style)
    text.rstrip()
    return text


def _style(of: Any) -> Any:
    from rich.style import Style

    return Style(
        color=_colour(of.fg),
        bgcolor=_colour(of.bg),
        bold=of.bold or None,
        italic=of.italics or None,
        underline=of.underscore or None,
        reverse=of.reverse or None,
    )


def _colour(name: str) -> str | None:
    if name == "default":
        return None
    if len(name) == 6 and all(each in "0123456789abcdef" for each in name):
        return f"#{name}"
    name = NAMED.get(name, name)
    return f"bright_{name[6:]}" if name.startswith("bright") else name
