"""Questions, asked only where somebody can answer; elsewhere the missing flag is named."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from hrmsops.console import output, plain_prompts, theme
from hrmsops.console.safe import shown
from hrmsops.engine import signals
from hrmsops.errors.usage import AnswerNeeded, ConfirmationDiffers, Declined

if TYPE_CHECKING:
    from questionary import Question

Value = TypeVar("Value")
ANSWER_COLUMNS = 12
KEYS = "(arrow keys, Enter)"
NOES = ("n", "no", "q", "quit")


def somebody_answers() -> bool:
    """Both standard input and standard error are a terminal: one to type, one to be asked on."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def consent(*, undoable: bool, name: str, yes: bool, confirm: str | None, summary: str) -> None:
    """The one rule of consent; returns when it is given.

    `--yes` or a yes covers what can be undone. What cannot be needs `name`, an instance's or an
    environment's, typed or as `--confirm`; that covers what can be undone as well. Raises Declined,
    ConfirmationDiffers, or AnswerNeeded where nobody can be asked.
    """
    if confirm is not None:
        if confirm != name:
            raise ConfirmationDiffers(given=confirm, name=name, undoable=undoable)
        return
    if undoable:
        if not (yes or ask_yes(f"{summary}?", flag="--yes")):
            raise Declined(summary=summary)
        return
    flag = f"--confirm {name}"
    _expect_somebody(summary, flag)
    output.say(f"{summary}? Not all of it can be taken back.", style="warning")
    typed = ask_text(
        f"Type {name} to go on:",
        flag=flag,
        problem=lambda text: _difference(text, name),
    )
    if typed != name:
        raise Declined(summary=summary)


def _difference(typed: str, name: str) -> str | None:
    if typed == name or typed.lower() in NOES:
        return None
    return f"That is not {name}. Mend it, or type no."


def reason(given: str | None) -> str:
    """Why this is done, for the record; raises AnswerNeeded where it is not said."""
    if given and given.strip():
        # Bytes that are no UTF-8 arrive as lone surrogates, which no record can hold.
        return given.strip().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return ask_text("What is the reason? It stands in the record:", flag='--reason "TEXT"')


def ask_yes(question: str, *, flag: str, default: bool = False) -> bool:
    """A question with yes or no; an end of input is a no."""
    _expect_somebody(question, flag)
    if plain_prompts.are_needed():
        return plain_prompts.yes(shown(question), default=default)
    import questionary

    asked = questionary.confirm(_fitting(question, "Is it so?"), default=default, **_on_stderr())
    return bool(_answer(asked, at_end=False))


def ask_text(
    question: str,
    *,
    flag: str,
    proposal: str = "",
    problem: Callable[[str], str | None] | None = None,
) -> str:
    """A line of text that is not empty; `problem` says why an answer cannot be taken.

    Raises Declined when the input ends.
    """
    _expect_somebody(question, flag)

    def accepted(text: str) -> bool | str:
        if not text.strip():
            return "Something has to be typed here."
        return (problem(text.strip()) if problem else None) or True

    if plain_prompts.are_needed():
        answer = plain_prompts.text(shown(question), proposal=proposal, accepted=accepted)
    else:
        import questionary

        asked = questionary.text(
            _fitting(question, "Type it:"), default=proposal, validate=accepted, **_on_stderr()
        )
        answer = _answer(asked, at_end=None)
    if answer is None:
        raise Declined(summary=question)
    return str(answer).strip()


def ask_secret(question: str, *, flag: str) -> str:
    """A line that is not shown while it is typed; raises Declined when the input ends."""
    _expect_somebody(question, flag)
    if plain_prompts.are_needed():
        answer = plain_prompts.secret(shown(question))
    else:
        import questionary

        answer = _answer(questionary.password(shown(question), **_on_stderr()), at_end=None)
    if answer is None:
        raise Declined(summary=question)
    return str(answer)


def pick(
    question: str,
    choices: Sequence[tuple[Value, str]],
    *,
    flag: str,
    default: Value | None = None,
) -> Value:
    """One of `choices` (value and the line that is shown), chosen with the arrow keys."""
    _expect_somebody(question, flag)
    labels = [shown(label) for _, label in choices]
    preset = next((number for number, (value, _) in enumerate(choices) if value == default), 0)
    if plain_prompts.are_needed():
        number = plain_prompts.choice(shown(question), labels, default=preset)
    else:
        number = _chosen(shown(question), labels, default=preset)
    if number is None:
        raise Declined(summary=question)
    value, _ = choices[number]
    return value


def _chosen(question: str, labels: Sequence[str], *, default: int) -> int | None:
    import questionary

    offered = [questionary.Choice(label, value=str(number)) for number, label in enumerate(labels)]
    asked = questionary.select(
        question, choices=offered, default=offered[default], instruction=KEYS, **_on_stderr()
    )
    number = _answer(asked, at_end=None)
    return None if number is None else int(number)


def _fitting(question: str, short: str) -> str:
    """The question, where it fits beside its answer; else it is said first, and this asked.

    A prompt would be broken within a word, or within a name that is to be typed.
    """
    if len(question) + ANSWER_COLUMNS <= theme.talk().width:
        return shown(question)
    output.say(question, style="bold")
    return short


def _expect_somebody(question: str, flag: str) -> None:
    if not somebody_answers():
        raise AnswerNeeded(question=question, flag=flag)


def _answer(asked: Question, *, at_end: Any) -> Any:
    # Not by `ask`, which turns Ctrl-C into an ordinary empty answer. The signal stays ours, since
    # prompt_toolkit makes a key of it that no question knows: it comes from `kill`, or from a
    # Ctrl-C that is typed before the terminal hands its keys over.
    application = asked.application

    def end() -> None:
        if application.is_running and not application.is_done:
            application.exit()

    def end_soon() -> None:
        if application.loop is not None:
            application.loop.call_soon_threadsafe(end)

    def begin() -> None:
        if arrived:
            end_soon()

    with signals.noted(end_soon) as arrived:
        try:
            return application.run(handle_sigint=False, pre_run=begin)
        except EOFError:
            return at_end


def _on_stderr() -> dict[str, Any]:
    """Prompts belong to the talk: stdout may be a file while somebody answers."""
    from prompt_toolkit.output import create_output

    return {"output": create_output(stdout=sys.stderr)}
