"""`python -m docs.build [--check]`: write what is generated, or say what of it is stale.

The reference pages, and what is shipped beside the program: the manual page, and what teaches a
shell to complete.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from docs.completions import completions
from docs.man_page import man_page
from docs.reference_commands import commands_page
from docs.reference_doctor import doctor_page, permissions_page
from docs.reference_json import json_page, schema_files
from docs.reference_pages import configuration_page, errors_page, exit_codes_page
from docs.reference_rules import rule_pages, rules_page

FOLDER = Path(__file__).parent / "reference"
SHIPPED_FOLDER = Path(__file__).parent / "shipped"
PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "configuration.md": configuration_page,
    "doctor.md": doctor_page,
    "errors.md": errors_page,
    "exit-codes.md": exit_codes_page,
    "json.md": json_page,
    "permissions.md": permissions_page,
    "rules.md": rules_page,
    **rule_pages(),
    **schema_files(),
}
SHIPPED: dict[str, Callable[[], str]] = {"hrmsops.1": man_page, **completions()}


def stale() -> list[str]:
    """The files that differ from the code, and files that nothing generates any more."""
    return sorted(
        str(file.relative_to(Path(__file__).parents[1]))
        for folder, made in ((FOLDER, PAGES), (SHIPPED_FOLDER, SHIPPED))
        for file in {*(folder / name for name in made), *_files(folder)}
        if _told(file) != _wanted(made, file.relative_to(folder).as_posix())
    )


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _told(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None


def _wanted(made: dict[str, Callable[[], str]], name: str) -> str | None:
    return made[name]() if name in made else None


def build() -> None:
    """Write every file."""
    for folder, made in ((FOLDER, PAGES), (SHIPPED_FOLDER, SHIPPED)):
        for name, make in made.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(make(), encoding="utf-8")


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
        sys.stderr.write(f"{name} differs from the code: python -m docs.build\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
