"""The pages of permissions and of the doctor's checks, read from the records that it asks by."""

from __future__ import annotations

from docs.markdown import page, table
from hrmsops.doctor.action import Action
from hrmsops.doctor.commands import IN_THE_CLOUD
from hrmsops.doctor.examining import checks
from hrmsops.doctor.permissions import ACTIONS, FALLS_SHORT

ALWAYS = "all of them"


def permissions_page() -> str:
    """What is done in the cloud, what that asks for, and by command which roles are enough."""
    done = (
        (
            _sentence(each.does),
            _codes(each.permissions),
            _codes(each.roles),
            _commands(each),
            _if(each),
        )
        for each in ACTIONS
    )
    short = ((f"`{role}`", what) for role, what in FALLS_SHORT.items())
    return page(
        "Permissions",
        "What hrmsops does in the cloud, and which of Google's permissions that asks for. "
        "`hrmsops doctor` asks IAM whether the account has them: on the project, and what is not "
        "granted there on the service, on the account as which it runs and on the bucket of the "
        "record. A grant under a condition on the resource's name is seen only where that resource "
        "itself is asked.",
        "## What is done",
        table(("what is done", "permissions", "smallest role", "commands", "when"), done),
        "## By command",
        "The smallest of Google's roles that together let a command do all that it can.",
        table(
            ("command", "roles"),
            ((f"`hrmsops {each}`", roles) for each in sorted(_asking()) if (roles := _roles(each))),
        ),
        "## Roles that fall short",
        table(("role", "does not let one"), short),
    )


def doctor_page() -> str:
    """Every check: what it asks, and the commands that need it."""
    rows = ((str(each.topic), each.title, each.asks, _named(each.commands)) for each in checks())
    return page(
        "What the doctor looks at",
        "Each check is a module of `hrmsops/doctor/checks`; `hrmsops doctor --for COMMAND` takes "
        "those that the command needs.",
        table(("topic", "check", "question", "commands"), rows),
    )


def _asking() -> set[str]:
    return {command for each in ACTIONS for command in each.commands}


def _roles(command: str) -> str:
    needed = (each for each in ACTIONS if command in each.commands and not each.only_if)
    roles = dict.fromkeys(each.roles[0] for each in needed)
    if "roles/cloudsql.admin" in roles:
        roles = dict.fromkeys(r for r in roles if not r.startswith("roles/cloudsql."))
        roles["roles/cloudsql.admin"] = None
    return _codes(tuple(roles))


def _if(action: Action) -> str:
    words = []
    if action.only_if:
        words.append(f"with {action.only_if}")
    if action.without:
        words.append(f"without it, {action.without}")
    return "; ".join(words)


def _commands(action: Action) -> str:
    return _named(action.commands)


def _named(commands: frozenset[str]) -> str:
    return ALWAYS if commands >= IN_THE_CLOUD else ", ".join(sorted(commands))


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
