"""The pages of the safety rules: a list of them, and one page each, from the rules' own records."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from docs.markdown import code, page, table
from hrmsops.commands.pages import instead
from hrmsops.safety.rule import Rule
from hrmsops.safety.rules import all_rules


def rules_page() -> str:
    """Every rule with its condition."""
    rows = ((f"[`{each.id}`](rules/{each.id}.md)", each.when) for each in all_rules().values())
    return page(
        "Safety rules",
        "What `hrmsops check` looks for. `hrmsops explain RULE` shows the same page in the "
        "terminal. A finding is allowed with a comment on the line above it: "
        "`# hrmsops: allow RULE because REASON until 2026-12-31`.",
        table(("rule", "when"), rows),
    )


def rule_pages() -> dict[str, Callable[[], str]]:
    """A page for each rule, by its file's name."""
    return {f"rules/{each.id}.md": partial(_rule_page, each) for each in all_rules().values()}


def _rule_page(rule: Rule) -> str:
    blocks = [
        f"**When.** {rule.when}",
        f"**Effect.** {rule.effect}",
        f"**Instead.** {instead(rule)}",
    ]
    if rule.guide:
        blocks.append(f"It serves the guide's row: {rule.guide}.")
    if rule.bad:
        blocks += ["## To avoid", code(rule.bad, "python")]
    if rule.good:
        blocks += ["## Better", code(rule.good, "python")]
    return page(rule.id, *blocks)
