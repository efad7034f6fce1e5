"""The options that mean the same in every command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypedDict, get_args, get_type_hints

import typer

from hrmsops.commands.accepting import known_refusals
from hrmsops.commands.completion import complete_environment


def _duration(text: str) -> timedelta:
    from hrmsops.config.duration import duration

    return duration(text)


def environment(is_for: str) -> Any:
    """`--env NAME`, with what the name is for."""
    return typer.Option(
        "--env", "-e", metavar="NAME", autocompletion=complete_environment, help=is_for
    )


Env = Annotated[
    str | None,
    environment(
        "The environment to work on. Else HRMSOPS_ENV, which may not name a protected one."
    ),
]
OnlyEnv = Annotated[str | None, environment("Only what was done to this environment.")]
ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The configuration. Else hrmsops.toml here or in a folder above.",
    ),
]
Reason = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="Why; it stands in the record of the run."),
]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Consent to what can be undone, without being asked.")
]
Confirm = Annotated[
    str | None,
    typer.Option(
        "--confirm",
        metavar="NAME",
        help="Consent to what cannot be undone: the name of the instance or environment.",
    ),
]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="CODE",
        callback=known_refusals,
        help="Override the refusal with this code, for this run. Repeatable and recorded.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done. Change nothing.")]
Interactive = Annotated[
    bool, typer.Option("--interactive", "-i", help="Choose in the terminal, step by step.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Wait = Annotated[
    timedelta | None,
    typer.Option(
        "--wait",
        metavar="DURATION",
        parser=_duration,
        help="How long to wait for the cloud, such as 30s, 5m or 1h30m.",
    ),
]
Detach = Annotated[
    bool, typer.Option("--detach", help="Begin, leave the rest to the cloud, and come back.")
]
PlanOut = Annotated[
    Path | None,
    typer.Option("--plan-out", metavar="FILE", help="Write the plan for approval. Change nothing."),
]
PlanIn = Annotated[
    Path | None,
    typer.Option(
        "--plan", metavar="FILE", help="Apply this approved plan, or exit 5 if it is stale."
    ),
]
TakeOver = Annotated[
    bool, typer.Option("--take-over", help="Take a stale lease from a run that went silent.")
]
Proxy = Annotated[
    bool,
    typer.Option(
        "--proxy",
        help="Reach the database by the Cloud SQL connector, or the Auth Proxy if so configured.",
    ),
]
Dir = Annotated[
    Path | None,
    typer.Option(
        "--dir", metavar="DIR", help="The sandbox's folder. Else below HRMSOPS_STATE_DIR."
    ),
]


class _Plans(TypedDict):
    plan_out: PlanOut
    plan_in: PlanIn


class _Waits(TypedDict):
    wait: Wait
    detach: Detach


class _Databases(TypedDict):
    proxy: Proxy


class _Ends(TypedDict):
    accept: Accept
    take_over: TakeOver
    json: Json
    config: ConfigPath


class Shared(_Plans, _Databases, _Ends):
    """What every command that makes a run takes last; each is a field of `applying.Manner`."""


class SharedWithWait(_Plans, _Waits, _Databases, _Ends):
    """The same where the run waits for the cloud."""


class SharedOfCloud(_Plans, _Ends):
    """Of a run that asks no database."""


class SharedOfCloudWithWait(_Plans, _Waits, _Ends):
    """The same where it waits for the cloud."""


P = ParamSpec("P")


def spread(command: Callable[P, None]) -> Callable[P, None]:
    """Have Typer see each key of the command's `**shared: Unpack[Shared]` as an option."""
    hints = get_type_hints(command, include_extras=True)
    *own, shared = inspect.signature(command).parameters.values()
    [keys] = get_args(hints[shared.name])
    seen = [each.replace(annotation=hints[each.name]) for each in own]
    for name, hint in get_type_hints(keys, include_extras=True).items():
        is_flag = get_args(hint)[0] is bool
        kind = inspect.Parameter.KEYWORD_ONLY
        seen.append(
            inspect.Parameter(name, kind, default=False if is_flag else None, annotation=hint)
        )
    command.__signature__ = inspect.Signature(seen)  # type: ignore[attr-defined]
    return command
