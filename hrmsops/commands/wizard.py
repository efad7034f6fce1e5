"""The wizard: leads a tired person along the decision tree to one command, and types it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, NoReturn

from hrmsops.commands.applying import Manner

if TYPE_CHECKING:
    from hrmsops.commands.rollback_advise import Looked
    from hrmsops.rollback.advice import Advice, Way
    from hrmsops.rollback.known import Known
    from hrmsops.rollback.questions import Asked, Question
    from hrmsops.rollback.sighting import Said

YES, NO = "yes", "no"
QUIT: Final = "quit"
BACK: Final = "back"
HOLD: Final = "hold"


def lead(
    manner: Manner, said: Said, *, reason: str | None, type_line: Callable[[list[str]], None]
) -> None:
    """Look, ask along the tree, show the ways, and hand over to the command that was chosen.

    Nothing is changed before that command has shown its own plan and been confirmed.
    """
    from hrmsops.commands.rollback_advise import look_around
    from hrmsops.console import advice as view
    from hrmsops.console import output, prompts
    from hrmsops.errors.usage import AnswerNeeded

    if not prompts.somebody_answers():
        raise AnswerNeeded(question="Which way back?", flag="--advise")
    output.say("Looking at the service, the database, its backups and our record …", style="quiet")
    looked = look_around(manner)
    advice = looked.advice(said, told={})
    view.show_facts(looked.advice(said, told={}))
    told: list[tuple[Question, Known]] = []
    is_held, way = False, None
    while way is None:
        advice = _asked(looked, said, told)
        view.show_ways_on(advice, is_held=is_held)
        picked = _picked(advice, is_held=is_held)
        if picked == HOLD:
            reason = prompts.reason(reason)
            is_held = _hold(advice, manner, reason=reason)
        elif picked == BACK:
            del told[-1:]
        else:
            way = picked
    if words := _words(way, manner, reason=reason):
        type_line(words)


def _asked(looked: Looked, said: Said, told: list[tuple[Question, Known]]) -> Advice:
    """The advice after each question on the path was put to the person, with back and quit.

    `told` are the answers so far; those that are given now come after them.
    """
    advice = _walked(looked, said, told)
    while (asked := _next_question(advice, told)) is not None:
        answer = _put(asked, number=len(told) + 1)
        if answer == QUIT:
            _declined()
        if answer == BACK:
            del told[-1:]
        else:
            told.append((asked.question, _answered(asked, answer == YES)))
        advice = _walked(looked, said, told)
    return advice


def _next_question(advice: Advice, told: list[tuple[Question, Known]]) -> Asked | None:
    settled = {question.id for question, _ in told}
    return next((a for a in advice.recommendation.path if a.question.id not in settled), None)


def _walked(looked: Looked, said: Said, told: list[tuple[Question, Known]]) -> Advice:
    """The tree walked again, with what the person said in place of what was seen."""
    return looked.advice(said, told={question.id: known for question, known in told})


def _answered(asked: Asked, answer: bool) -> Known:
    """What was seen stays the evidence where the person agrees with it."""
    from hrmsops.rollback.known import Known

    if asked.known.value is answer:
        return asked.known
    word = "taken, for it is not known" if answer is asked.answer else "you said so; looked up"
    return Known(value=answer, evidence=f"{word}: {asked.known.evidence}")


def _put(asked: Asked, *, number: int) -> str:
    """One question: its text, what it means, the evidence, and the answer that would be given."""
    from hrmsops.console import output, prompts

    question, proposed = asked.question, YES if asked.answer else NO
    output.say()
    output.say(f"{number}. {question.text}", style="bold")
    output.point("   ", question.help, style="quiet")
    output.point("   ", f"Looked up: {asked.known.in_words()}; {asked.known.evidence}")
    note = ", since it is not known" if asked.is_assumed else ", as looked up"
    choices = [
        (YES, f"Yes{note if proposed == YES else ''}"),
        (NO, f"No{note if proposed == NO else ''}"),
        *([(BACK, "Back to the question before")] if number > 1 else []),
        (QUIT, "Quit; nothing was changed"),
    ]
    return prompts.pick("Your answer?", choices, flag="--advise", default=proposed)


def _picked(advice: Advice, *, is_held: bool) -> Way | Literal["hold", "back"]:
    """The way that is taken: the recommended one is proposed, the open ones can be picked.

    The hold before it is offered where it comes first.
    """
    from hrmsops.console import prompts

    chosen = advice.chosen
    others = [way for way in advice.ways if way.is_open.value is not False and way is not chosen]
    choices: list[tuple[Way | Literal["hold", "back", "quit"], str]] = [
        (way, f"{way.title}{' (recommended)' if way is chosen else ''}")
        for way in (chosen, *others)
    ]
    if advice.hold.first and not is_held:
        choices.append((HOLD, "Hold first: pause schedulers, queues and workers; then choose"))
    choices.append((BACK, "Back to the question before"))
    choices.append((QUIT, "Quit; the hold stays on" if is_held else "Quit; nothing was changed"))
    picked = prompts.pick("Which way?", choices, flag="--advise", default=chosen)
    if picked == QUIT:
        _declined()
    return picked


def _hold(advice: Advice, manner: Manner, *, reason: str) -> bool:
    """Type `hold on`, which shows its own plan and asks for consent; whether it is on now."""
    from typer.main import get_command

    from hrmsops.commands import hold
    from hrmsops.console import output
    from hrmsops.errors.usage import Declined

    words = [*shlex.split(advice.hold.first)[2:], *_told(manner, reason)]
    output.command_aside("", shlex.join(["hrmsops", "hold", *words]), style="fix")
    try:
        get_command(hold.app).main(words, prog_name="hrmsops hold", standalone_mode=False)
    except Declined:
        return False
    return True


def _told(manner: Manner, reason: str) -> list[str]:
    config = ["--config", str(manner.config)] if manner.config else []
    return ["--reason", reason, *config]


def _words(way: Way, manner: Manner, *, reason: str | None) -> list[str]:
    """What is typed after `hrmsops rollback`; it shows its own plan and asks for consent."""
    from hrmsops.console import output, prompts

    if not way.command:
        output.result("Deploy a release that mends it; nothing was changed.", style="fix")
        return []
    proxy = ["--proxy"] if manner.proxy else []
    words = [*shlex.split(way.command)[2:], *_told(manner, prompts.reason(reason)), *proxy]
    output.command_aside("", shlex.join(["hrmsops", "rollback", *words]), style="fix")
    return words


def _declined() -> NoReturn:
    from hrmsops.errors.usage import Declined

    raise Declined(summary="the rollback")
