"""`hrmsops sandbox fault`: what is to go wrong, in the order in which it will."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from hrmsops.sandbox.client import Client

faults = typer.Typer(
    no_args_is_help=True,
    help="Make the sandbox fail on purpose: the next calls, an operation, a revision.",
)

Dir = Annotated[
    Path | None,
    typer.Option("--dir", metavar="DIR", help="The sandbox's folder, if not the default."),
]
Method = Annotated[
    str, typer.Option("--method", metavar="REGEX", help="Only calls of this method, such as PATCH.")
]
Path_ = Annotated[
    str, typer.Option("--path", metavar="REGEX", help="Only calls whose path contains this.")
]
Times = Annotated[int, typer.Option("--times", min=1, help="How many of the next calls it meets.")]
Code = Annotated[int, typer.Option("--code", min=400, max=599, help="The HTTP status.")]
Status = Annotated[
    str, typer.Option("--status", metavar="WORD", help="Google's word for it, such as UNAVAILABLE.")
]
Message = Annotated[str, typer.Option("--message", help="What the error says.")]


@faults.command("error")
def error(
    folder: Dir = None,
    method: Method = ".*",
    path: Path_ = ".*",
    times: Times = 1,
    code: Code = 503,
    status: Status = "",
    message: Message = "",
) -> None:
    """The next calls are refused, and have no effect: a 503, a 429, a 403."""
    call = {"method": method, "path": path, "times": times}
    _arm(folder, kind="error", code=code, status=status, message=message, **call)


@faults.command("hang")
def hang(
    folder: Dir = None,
    method: Method = ".*",
    path: Path_ = ".*",
    times: Times = 1,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="For how long; else until the client goes.")
    ] = None,
    after: Annotated[
        bool, typer.Option("--after", help="Hang when the call has had its effect, not before.")
    ] = False,
) -> None:
    """The next calls get no answer, and at last a closed connection."""
    kind = "hang-after" if after else "hang"
    _arm(folder, kind=kind, method=method, path=path, times=times, seconds=seconds)


@faults.command("drop")
def drop(
    folder: Dir = None,
    method: Method = ".*",
    path: Path_ = ".*",
    times: Times = 1,
    after: Annotated[
        bool, typer.Option("--after/--before", help="Whether the call has had its effect by then.")
    ] = False,
) -> None:
    """The connection of the next calls breaks, before or after they took effect."""
    kind = "drop-after" if after else "drop-before"
    _arm(folder, kind=kind, method=method, path=path, times=times)


@faults.command("delay")
def delay(
    seconds: Annotated[float, typer.Argument(min=0, help="By how much the answer is late.")],
    folder: Dir = None,
    method: Method = ".*",
    path: Path_ = ".*",
    times: Times = 1,
) -> None:
    """The next calls take effect at once and are answered late."""
    _arm(folder, kind="delay", method=method, path=path, times=times, seconds=seconds)


@faults.command("mangle")
def mangle(folder: Dir = None, method: Method = ".*", path: Path_ = ".*", times: Times = 1) -> None:
    """The next answers have a name that is no string, and a field that Google does not know."""
    _arm(folder, kind="mangle", method=method, path=path, times=times)


@faults.command("deny")
def deny(
    permission: Annotated[
        str,
        typer.Option(
            "--permission",
            metavar="REGEX",
            help="As IAM names it: cloudsql.instances.clone, or run.services.*",
        ),
    ],
    folder: Dir = None,
) -> None:
    """The account lacks a permission until it is cleared: its calls are refused with 403.

    testIamPermissions says so too, which is what `hrmsops doctor` asks.
    """
    _arm(folder, kind="deny", permission=permission)


@faults.command("disable")
def disable(
    api: Annotated[
        str, typer.Option("--api", metavar="NAME", help="Such as cloudtasks.googleapis.com.")
    ],
    folder: Dir = None,
) -> None:
    """An API of the project is off until it is cleared: its calls are refused with 403."""
    _arm(folder, kind="disable", api=api)


@faults.command("operation")
def operation(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="services.create, services.update, services.traffic, services.delete,"
            " revisions.delete, jobs.run, sql.clone, sql.restore, sql.backup, sql.update,"
            " sql.create, sql.delete, sql.restart, sql.users, sql.databases, or a regex.",
        ),
    ],
    folder: Dir = None,
    times: Times = 1,
    code: Code = 500,
    status: Status = "",
    message: Message = "",
) -> None:
    """The next operations of a kind are accepted, and end in an error.

    A traffic update that fails so leaves what was asked for and what is true apart.
    """
    words = {"code": code, "status": status, "message": message}
    _arm(folder, kind="operation", operation=kind, times=times, **words)


@faults.command("stall")
def stall(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="As for operation: services.traffic, for example.")
    ],
    seconds: Annotated[float, typer.Argument(min=0, help="How long nothing comes of it.")],
    folder: Dir = None,
    times: Times = 1,
) -> None:
    """The next operations of a kind are accepted, and take their time."""
    _arm(folder, kind="stall", operation=kind, seconds=seconds, times=times)


@faults.command("crash")
def crash(
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="Its name, as `status` shows it.")
    ],
    folder: Dir = None,
) -> None:
    """Kill a revision's process now, with SIGKILL; the next request starts it again."""
    told = _client(folder).crash(revision)
    typer.echo(f"{revision} {'was killed' if told['was_running'] else 'did not run'}.", err=True)


@faults.command("stick")
def stick(
    instance: Annotated[
        str,
        typer.Argument(metavar="INSTANCE|KIND", help="Its name, or as for operation: sql.clone."),
    ],
    state: Annotated[
        str,
        typer.Argument(metavar="[STATE]", help="MAINTENANCE, FAILED, …; none lets it be seen."),
    ] = "",
    folder: Dir = None,
    times: Times = 1,
) -> None:
    """An instance is shown in a state: now, or once the next operation of a kind has ended."""
    if instance.startswith("sql."):
        _arm(folder, kind="stick", operation=instance, state=state or "MAINTENANCE", times=times)
        return
    told = _client(folder).stick(instance, state)
    typer.echo(f"{instance} is shown as {told['state']}.", err=True)


@faults.command("destroy-instance")
def destroy_instance(
    instance: Annotated[str, typer.Argument(metavar="INSTANCE", help="Its name.")],
    folder: Dir = None,
) -> None:
    """Total failure: server, data and logs of an instance are gone at once.

    Its automated backups go with it, unless they are retained.
    """
    left = _client(folder).destroy_instance(instance)["backups"]
    typer.echo(f"{instance} is lost; {left} backups are left.", err=True)


@faults.command("list")
def list_(
    folder: Dir = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """The faults that are armed, in the order in which they strike."""
    found = _client(folder).call("GET", "/_sandbox/faults")
    if as_json:
        import json

        typer.echo(json.dumps({"schema": 1, "kind": "faults", **found}, indent=2))
        return
    for fault in found["faults"]:
        typer.echo(_line(fault))


@faults.command("clear")
def clear(
    number: Annotated[str, typer.Argument(metavar="[ID]", help="One fault; else all.")] = "",
    folder: Dir = None,
) -> None:
    """Disarm one fault, or all of them."""
    typer.echo(f"{_client(folder).clear_faults(number)} cleared.", err=True)


def _arm(folder: Path | None, **wish: Any) -> None:
    given = {key: value for key, value in wish.items() if value not in ("", None)}
    typer.echo(_client(folder).arm(**given)["id"])


def _line(fault: dict[str, Any]) -> str:
    if what := fault.get("permission") or fault.get("api"):
        return f"{fault['id']}  {fault['kind']}  {what}  until it is cleared"
    where = fault.get("operation") or f"{fault.get('method', '.*')} {fault.get('path', '.*')}"
    return f"{fault['id']}  {fault['kind']}  {where}  {fault['times']} left"


def _client(folder: Path | None) -> Client:
    from hrmsops.commands.sandbox import _client as client

    return client(folder)
