"""The site of these pages: `python -m docs.site`, or `nox -s docs`.

The pages are plain Markdown, to be read in the repository too. What only a site has, its table of
contents, stands here, and is put below the pages that it belongs to.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from hrmsops import __version__

project = "hrmsops"
author = "the hrmsops authors"
release = version = __version__
html_title = f"hrmsops {version}"

extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
suppress_warnings = ["myst.header"]  # A rule's page has its title and goes on with the text.
nitpicky = True
highlight_language = "none"

myst_enable_extensions = ["attrs_block"]
myst_heading_anchors = 3
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True
copybutton_copy_empty_lines = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["hrmsops.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_use_index = False
html_theme_options = {"sidebar_hide_name": False, "navigation_with_keys": True}

HERE = Path(__file__).parent
CONTENTS = {
    "index": {
        "Start": ["tutorial", "the-guide", "playbook"],
        "What happened": [
            "guides/which-way-back",
            "guides/bad-deploy",
            "guides/bad-migration",
            "guides/lost-data",
            "guides/total-failure",
            "guides/stopped-half-way",
            "guides/stop-the-bleeding",
            "guides/replay",
            "guides/after-a-rollback",
        ],
        "What is to be done": [
            "guides/check-migrations",
            "guides/deploy-with-migrations",
            "guides/ci",
            "guides/large-tables",
            "guides/backfill",
            "guides/seed",
            "guides/before-the-night",
            "guides/rehearse",
            "guides/*",
        ],
        "How it works": ["concepts/plan-and-journal", "concepts/*", "adr/index"],
        "Reference": ["reference/commands", "reference/configuration", "reference/*"],
        "For contributors": ["walk-of-rollback-app", "walk-of-rollback-pitr", "*"],
    },
    "adr/index": {"The decisions": ["*"]},
    "reference/rules": {"": ["rules/*"]},
}
"""Below each of these pages: captions, and the pages under them; a star takes what is left."""


NAMED = {each for parts in CONTENTS.values() for pages in parts.values() for each in pages}


def listed(page: str, names: list[str]) -> list[str]:
    """The pages by their names; a star stands for those of a folder that nothing else names."""
    folder = PurePosixPath(page).parent
    found: list[str] = []
    for name in names:
        if name.endswith("*"):
            files = sorted((HERE / folder).glob(f"{name}.md"))
            rest = [file.relative_to(HERE / folder).with_suffix("").as_posix() for file in files]
            found += [each for each in rest if each not in NAMED | {"index"}]
        else:
            found.append(name)
    return found


def add_contents(_app: Any, page: str, source: list[str]) -> None:
    """Put the table of contents below a page."""
    for caption, names in CONTENTS.get(page, {}).items():
        options = [f":caption: {caption}"] if caption else [":titlesonly:"]
        lines = ["\n```{toctree}", ":hidden:", *options, "", *listed(page, names), "```\n"]
        source[0] += "\n".join(lines)


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", add_contents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
