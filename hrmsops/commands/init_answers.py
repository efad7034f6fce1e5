"""What `init` has to know: from the flags, else asked with a sensible proposal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, get_args

import msgspec

from hrmsops.config import Database as DatabaseSection
from hrmsops.config import Environment, rules
from hrmsops.config.setting import described, rule_of
from hrmsops.console import output, prompts
from hrmsops.errors.init import AnswersNotUsable
from hrmsops.errors.record import proposed

PRODUCTION, SANDBOX = "production", "sandbox"
LOCAL = "local"
WHY_SHARED = "Runs are on record in a bucket that others see too; local keeps them here."


@dataclass(frozen=True, kw_only=True)
class Given:
    """The flags as they were typed; None was left open."""

    environment: str | None
    kind: str | None
    protected: bool | None
    project: str | None
    region: str | None
    service: str | None
    instance: str | None
    store: str | None
    database: str | None
    user: str | None

    def refuse_beside(self, flag: str) -> None:
        """Raises WrongUsage where an answer is given that `flag` has no use for."""
        if names := [f"--{each}" for each, answer in asdict(self).items() if answer is not None]:
            from hrmsops.errors.usage import WrongUsage

            problem = f"{flag} writes no environment, so leave out {', '.join(names)}."
            raise WrongUsage(problem=problem, command="hrmsops init")


@dataclass(frozen=True, kw_only=True)
class Answers:
    """All that a configuration of one environment needs; empty text leaves a setting out."""

    environment: str
    kind: str
    protected: bool
    project: str
    region: str
    service: str
    instance: str
    store: str
    """A bucket; "" keeps the record on each machine."""
    database: str
    user: str

    @property
    def lacks_store(self) -> bool:
        """Whether changes will be refused until a bucket is named; a sandbox needs none."""
        return self.protected and self.kind != SANDBOX and not self.store


def complete(given: Given) -> Answers:
    """The answers; raises AnswersNotUsable, or AnswerNeeded where nobody can be asked."""
    asks = prompts.somebody_answers()
    name = _answer(given.environment, "environment", "production", rules.environment)
    kind = _kind(given.kind, name)
    protected = kind == PRODUCTION if given.protected is None else given.protected
    project = _answer(given.project, "project", "", _rule("project"))
    return Answers(
        environment=name,
        kind=kind,
        protected=protected,
        project=project,
        region=_answer(given.region, "region", "us-central1", _rule("region")),
        service=_answer(given.service, "service", f"{project}-{name}-api", _rule("service")),
        instance=_optional(given.instance, "instance", f"{project}-{name}-pg-0001", asks=asks),
        store=_store(given.store, project, asks=asks and protected and kind != SANDBOX),
        **_database(given),
    )


def _kind(given: str | None, name: str) -> str:
    kinds: tuple[str, ...] = get_args(described(_field(Environment, "kind").type)[0])
    if given is None:
        return prompts.pick(
            "Which kind of environment is it?",
            [(each, each) for each in kinds],
            flag=f"--kind {'|'.join(kinds)}",
            default=name if name in kinds else PRODUCTION,
        )
    if given not in kinds:
        raise AnswersNotUsable(flag="--kind", why=f'"{given}" is none of {", ".join(kinds)}.')
    return given


def _store(given: str | None, project: str, *, asks: bool) -> str:
    """The bucket, "" where nobody names one."""
    if given is None and not asks:
        return ""
    if given is None:
        output.say(WHY_SHARED, style="quiet")
    answer = _answer(given, "store", proposed(project), _rule("store"))
    return "" if answer == LOCAL else answer


def _database(given: Given) -> dict[str, str]:
    """The section needs both names, so the second is asked for where the first was given."""
    if not (given.database or given.user):
        return {"database": "", "user": ""}
    return {
        "database": _answer(given.database, "database", "hrms", rules.role),
        "user": _answer(given.user, "user", "hrms_ops", rules.role),
    }


def _optional(given: str | None, name: str, proposal: str, *, asks: bool) -> str:
    if given is None and not asks:
        return ""
    return _answer(given, name, proposal, _rule(name))


def _answer(
    given: str | None, name: str, proposal: str, problem: Callable[[str], str | None]
) -> str:
    flag = f"--{name}"
    if given is None:
        return prompts.ask_text(
            f"{name.capitalize()}:",
            flag=f"{flag} {proposal or 'VALUE'}",
            proposal=proposal,
            problem=problem,
        )
    if why := problem(given):
        raise AnswersNotUsable(flag=flag, why=why)
    return given


def _rule(name: str) -> Callable[[str], str | None]:
    rule = rule_of(described(_field(Environment, name).type)[1])
    assert rule is not None, name
    return rule


def _field(kind: type[Environment] | type[DatabaseSection], name: str) -> Any:
    return next(field for field in msgspec.structs.fields(kind) if field.name == name)
