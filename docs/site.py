"""`python -m docs.site [FOLDER]`: these pages as a site, where no link may lead nowhere."""

from __future__ import annotations

import sys
from pathlib import Path

PAGES = Path(__file__).parent
SITE = PAGES.parent / "build" / "site"


def build(into: Path = SITE) -> int:
    """Build it anew; 0, or 1 after Sphinx has named each link and page that is wrong."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=PAGES,
            confdir=PAGES,
            outdir=into,
            doctreedir=into.parent / f"{into.name}.doctrees",
            buildername="html",
            status=None,
            warningiserror=True,
            freshenv=True,
        )
        app.build()
    return int(app.statuscode)


def main(words: list[str]) -> int:
    """Build into the folder that is named, else into `build/site`."""
    into = Path(words[0]) if words else SITE
    code = build(into)
    if code == 0:
        sys.stdout.write(f"{into / 'index.html'}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
