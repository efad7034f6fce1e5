"""The pages of `explain` and of the docs, from the records that they explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc

from hrmsops.errors import HrmsopsError, by_code


@dataclass(frozen=True)
class Page:
    """What is known of one code. `example` holds what, why and fix as an operator meets them."""

    code: str
    kind: str
    exit_code: int
    exit_name: str
    text: str
    example: Mapping[str, str]

    @property
    def summary(self) -> str:
        """The first sentence of the text, on one line."""
        paragraph = " ".join(self.text.partition("\n\n")[0].split())
        return paragraph.partition(". ")[0].rstrip(".") + "."


def pages() -> dict[str, Page]:
    """Every page by its code, in the order of the alphabet."""
    return {code: _of_error(error) for code, error in by_code().items()}


def _of_error(error: type[HrmsopsError]) -> Page:
    example = error.example()
    return Page(
        code=error.code,
        kind="error",
        exit_code=int(error.exit_code),
        exit_name=error.exit_code.name.lower(),
        text=cleandoc(error.__doc__ or ""),
        example={"what": example.what, "why": example.why, "fix": example.fix},
    )
