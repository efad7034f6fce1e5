"""Advice as a screen: what was looked up, the path through the tree, every way and its cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.console import layout, output, theme
from hrmsops.rollback.advice import Advice, Way
from hrmsops.rollback.questions import Asked
from hrmsops.rollback.tree import Recommendation

if TYPE_CHECKING:
    from hrmsops.console.documents.looks import AdviceDocument, Alternative, Answer

LABEL_COLUMNS = 18


def document(advice: Advice) -> AdviceDocument:
    """For scripts: recommendation, answers with evidence, alternatives, and the exact command."""
    chosen = advice.chosen
    return {
        "environment": advice.environment,
        "recommendation": chosen.kind,
        "title": chosen.title,
        "command": chosen.command,
        "cost": chosen.cost,
        "answers": [_answer(asked) for asked in advice.recommendation.path],
        "caveats": advice.recommendation.caveats,
        "missing": advice.recommendation.missing,
        "alternatives": [_alternative(way) for way in advice.ways if way.kind != chosen.kind],
        "hold": advice.hold,
        "facts": dict(advice.facts),
        "looks_well": advice.looks_well,
        "seconds": advice.seconds,
    }


def show(advice: Advice) -> None:
    """All of it, on stdout; the one next command last."""
    show_facts(advice)
    output.result()
    show_path(advice.recommendation, chosen=advice.chosen, has_evidence=True)
    for caveat in advice.recommendation.caveats:
        _line("  not known", caveat, style="warning")
    for missing in advice.recommendation.missing:
        _line("  closed", missing)
    output.result()
    show_ways(advice)
    show_next(advice)


def show_next(advice: Advice) -> None:
    """The hold, where it comes first, then the command of the way; on stderr."""
    if advice.hold.first:
        output.next_step(advice.hold.first)
    word = "Then" if advice.hold.first else "Next"
    if advice.chosen.command:
        output.next_step(advice.chosen.command, word=word)
    else:
        output.say(f"{word}: deploy a release that mends it.", style="fix")


def show_facts(advice: Advice) -> None:
    """What was looked up before any question, a line for each fact."""
    for name, value in advice.facts:
        _line(name, value)
    if advice.looks_well:
        _line("nothing wrong", f"{advice.looks_well}: is there a need to go back?", style="warning")


def show_path(recommendation: Recommendation, *, chosen: Way, has_evidence: bool) -> None:
    """The tree with the path that was taken: each question below the answer that led to it."""
    for depth, asked in enumerate(recommendation.path):
        word = "yes" if asked.answer else "no"
        said = f"{word}, assumed" if asked.is_assumed else word
        _branch(depth, f"{asked.question.text} {said}")
        if has_evidence:
            _branch(depth, asked.known.evidence, is_below=True)
    _branch(len(recommendation.path), f"→ {chosen.title}", style="good")


def show_ways_on(advice: Advice, *, is_held: bool) -> None:
    """After the questions, whose evidence was just read: the path and the ways, on one screen."""
    output.result()
    show_path(advice.recommendation, chosen=advice.chosen, has_evidence=False)
    for caveat in advice.recommendation.caveats:
        output.result(f"Not known: {caveat}", style="warning")
    output.result()
    for way in advice.ways:
        is_open = way.is_open.value is True
        _way(way, advice, words=_cost(way) if is_open else _openness(way))
    if advice.hold.first and not is_held:
        output.command("First:     ", advice.hold.first)
    output.result()


def show_ways(advice: Advice) -> None:
    """Every way: open or closed, and what it costs."""
    for way in advice.ways:
        _way(way, advice, words=_openness(way))
        if way.is_open.value is not False:
            _line("", _cost(way))


def _way(way: Way, advice: Advice, *, words: str) -> None:
    is_chosen = way.kind == advice.chosen.kind
    _line(f"{'→' if is_chosen else ' '} {way.kind}", words, style="good" if is_chosen else "")


def _openness(way: Way) -> str:
    word = {True: "open", False: "closed", None: "unknown"}[way.is_open.value]
    return f"{word}: {way.is_open.evidence}"


def _cost(way: Way) -> str:
    return f"takes {way.cost.time}; loses {way.cost.loss}; undone by {way.cost.undo}"


def _answer(asked: Asked) -> Answer:
    return {
        "question": asked.question.id,
        "text": asked.question.text,
        "answer": asked.answer,
        "is_assumed": asked.is_assumed,
        "evidence": asked.known.evidence,
    }


def _alternative(way: Way) -> Alternative:
    return {
        "kind": way.kind,
        "title": way.title,
        "is_open": way.is_open.value,
        "evidence": way.is_open.evidence,
        "cost": way.cost,
        "command": way.command,
    }


def _branch(depth: int, text: str, *, is_below: bool = False, style: str = "") -> None:
    from rich.text import Text

    indent = "   " * max(depth - 1, 0)
    arm = "" if depth == 0 else "   " if is_below else "└─ "
    console = theme.results()
    body = Text(text, style=style or ("quiet" if is_below else ""))
    console.print(layout.hanging(console, f"{indent}{arm}", body))


def _line(label: str, value: str, *, style: str = "") -> None:
    from rich.text import Text

    console = theme.results()
    head = Text(label.ljust(LABEL_COLUMNS), style=style or "quiet")
    console.print(layout.hanging(console, head, value))
