"""The pages of `explain` and of the docs, from the records that they explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc

from hrmsops.errors import ExitCode, HrmsopsError, by_code
from hrmsops.safety.rule import Rule
from hrmsops.safety.rules import all_rules


@dataclass(frozen=True)
class Page:
    """What is known of one code.

    `example` holds what, why and fix as an operator meets them; a rule's is a migration to avoid
    and the one to write.
    """

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
    errors = {code: _of_error(error) for code, error in by_code().items()}
    rules = {name: _of_rule(rule) for name, rule in all_rules().items()}
    return dict(sorted({**errors, **rules}.items()))


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


def _of_rule(rule: Rule) -> Page:
    return Page(
        code=rule.id,
        kind="rule",
        exit_code=int(ExitCode.REFUSED),
        exit_name=ExitCode.REFUSED.name.lower(),
        text="\n\n".join(filter(None, (rule.when, rule.effect, instead(rule), _guide(rule)))),
        example={label: text for label, text in (("bad", rule.bad), ("good", rule.good)) if text},
    )


def instead(rule: Rule) -> str:
    names = {
        "table": "the table",
        "model": "the model",
        "column": "the column",
        "name": "the constraint",
        "new": "the new name",
        "app": "APP",
    }
    return rule.instead.format_map(names)


def _guide(rule: Rule) -> str:
    return f"It serves the guide's row: {rule.guide}." if rule.guide else ""
