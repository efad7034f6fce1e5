"""`check` as hooks and CI type it, read without what reads every other command line.

To load that takes longer than to judge 500 migrations. Whatever is not known here word for word
goes the long way, so nothing is ever understood here that would not be there.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hrmsops.commands.checking import Asked, Format, read, refuse, write

FLAGS = {"--strict": "strict", "--json": "json"}
VALUES = {
    "--app": "app",
    "--since": "since",
    "--format": "form",
    "--target-pg": "target_pg",
    "--baseline": "baseline",
    "--config": "config",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What was typed after `check`."""

    path: str = "."
    app: str | None = None
    since: str | None = None
    form: str = Format.TEXT
    target_pg: str = "15"
    baseline: str | None = None
    config: str | None = None
    strict: bool = False
    json: bool = False

    def carry_out(self) -> None:
        """Read, judge, write, and end with 3 where the migrations should not run."""
        gc.disable()  # This process ends before its garbage is worth looking for.
        path = Path(self.path)
        report = read(
            Asked(
                path=path,
                app=self.app,
                since=self.since,
                target_pg=int(self.target_pg),
                baseline=Path(self.baseline) if self.baseline else None,
                config=Path(self.config) if self.config else None,
            )
        )
        write(report, Format.JSON if self.json else Format(self.form), path, strict=self.strict)
        refuse(report, strict=self.strict)


def understood(words: Sequence[str]) -> Words | None:
    """The words of a plain `check`; None for everything else."""
    if not words or words[0] != "check":
        return None
    found: dict[str, str | bool] = {}
    rest = iter(words[1:])
    for word in rest:
        name, value = _pair(word, rest)
        if not name or name in found:
            return None
        found[name] = value
    return Words(**found) if _is_plain(found) else None  # type: ignore[arg-type]


def _pair(word: str, rest: Iterator[str]) -> tuple[str, str | bool]:
    """The name of what a word gives, and its value; no name where it is not understood."""
    if word in FLAGS:
        return FLAGS[word], True
    if word in VALUES:
        value = next(rest, "")
        return ("" if value.startswith("-") or not value else VALUES[word]), value
    return ("" if word.startswith("-") or not word else "path"), word


def _is_plain(found: dict[str, str | bool]) -> bool:
    version, form = str(found.get("target_pg", "15")), found.get("form", Format.TEXT)
    return version.isascii() and version.isdigit() and form in {*Format}
