"""`python -m docs.build [--check]`: write the reference pages, or say which of them are stale."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from docs.reference_commands import commands_page
from docs.reference_doctor import doctor_page, permissions_page
from docs.reference_pages import configuration_page, errors_page, exit_codes_page
from docs.reference_rules import rule_pages, rules_page

FOLDER = Path(__file__).parent / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "configuration.md": configuration_page,
    "doctor.md": doctor_page,
    "errors.md": errors_page,
    "exit-codes.md": exit_codes_page,
    "permissions.md": permissions_page,
    "rules.md": rules_page,
    **rule_pages(),
}


def stale() -> list[str]:
    """The pages that differ from the code, and pages that nothing generates any more."""
    wanted = {name: make() for name, make in PAGES.items()}
    found = {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in FOLDER.rglob("*.md")
    }
    return sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
    )


def build() -> None:
    """Write every page."""
    for name, make in PAGES.items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(make(), encoding="utf-8")


def main(words: list[str]) -> int:
    """Exit 1 where `--check` finds a difference, 2 for words that are not known."""
    if words not in ([], ["--check"]):
        sys.stderr.write("Usage: python -m docs.build [--check]\n")
        return 2
    if not words:
        build()
        return 0
    differing = stale()
    for name in differing:
        sys.stderr.write(f"docs/reference/{name} differs from the code: python -m docs.build\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
