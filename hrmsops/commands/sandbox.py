"""`hrmsops sandbox`: the embedded Google Cloud, up and down, broken on purpose, and looked at."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hrmsops.commands import sandbox_distance as distance
from hrmsops.commands.sandbox_env import env
from hrmsops.commands.sandbox_faults import faults
from hrmsops.commands.sandbox_project import project
from hrmsops.commands.sandbox_status import status_lines

if TYPE_CHECKING:
    from hrmsops.sandbox.client import Client
    from hrmsops.sandbox.daemon import Wish
    from hrmsops.sandbox.home import Home
    from hrmsops.sandbox.request_log import Entry

app = typer.Typer(no_args_is_help=True, help="The embedded Google Cloud.")
images = typer.Typer(no_args_is_help=True, help="The images that revisions and jobs run.")
app.add_typer(faults, name="fault")
app.add_typer(images, name="image")
app.command("env")(env)
app.command("project")(project)


Dir = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        metavar="DIR",
        help="The sandbox's folder. Else under HRMSOPS_STATE_DIR, or the platform's state folder.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Port = Annotated[
    int, typer.Option("--port", metavar="PORT", help="Where the APIs listen; 0 takes a free one.")
]
Detach = Annotated[
    bool, typer.Option("--detach", help="Run in the background and return once it answers.")
]
SharedRecord = Annotated[
    bool,
    typer.Option("--shared-record", help="Keep the environments' records in a bucket of its own."),
]
Empty = Annotated[bool, typer.Option("--empty", help="Deploy nothing: no services, no databases.")]


@app.command("up")
def up(
    folder: Dir = None,
    port: Port = 0,
    detach: Detach = False,
    empty: Empty = False,
    as_json: Json = False,
    rtt: distance.Rtt = None,
    clock_skew: distance.ClockSkew = None,
    clone_delay: distance.CloneDelay = None,
    log_lag: distance.LogLag = None,
    metrics_lag: distance.MetricsLag = None,
    private_ip: distance.PrivateIp = None,
    shared_record: SharedRecord = False,
) -> None:
    """Bring a Google Cloud up on this machine, with the HRMS in miniature deployed on it.

    In the foreground it tells each call that it answers, and Ctrl-C takes it down. What it holds
    is kept: the next `up` of the same folder goes on where it was.
    """
    from hrmsops.sandbox import launch
    from hrmsops.sandbox.daemon import Wish

    home = _home(folder)
    wish = Wish(
        port=port or None,
        rtt_seconds=_seconds(rtt),
        clock_skew_seconds=_seconds(clock_skew),
        clone_delay_seconds=_seconds(clone_delay),
        log_lag_seconds=_seconds(log_lag),
        metrics_lag_seconds=_seconds(metrics_lag),
        private_ip=private_ip,
    )
    if (client := launch.running(home)) is not None:
        _say(f"The sandbox in {home.root} runs already, with the distance it was given then.")
    elif detach:
        client = launch.start(home, wish)
    else:
        _stay(home, wish, empty=empty, is_shared=shared_record, as_json=as_json)
        return
    _deploy(client, empty=empty, is_shared=shared_record)
    _show_up(client, as_json=as_json)


@app.command("down")
def down(
    folder: Dir = None,
    destroy: Annotated[
        bool, typer.Option("--destroy", help="Delete its folder too, with all that it holds.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Destroy without being asked.")] = False,
) -> None:
    """Take the sandbox down: its revisions, its databases, its daemon. What it holds is kept."""
    from hrmsops.sandbox import launch

    home = _home(folder)
    if destroy:
        _check_destruction(home, yes=yes)
    was_running = launch.stop(home)
    _say(f"The sandbox in {home.root} {'is down' if was_running else 'did not run'}.")
    if destroy:
        from hrmsops.sandbox import destruction

        destruction.destroy(home)
        _say(f"{home.root} is gone.")


@app.command("status")
def status(folder: Dir = None, as_json: Json = False) -> None:
    """What runs in the sandbox: services and their traffic, instances, images, armed faults."""
    client = _client(folder)
    document = _document(client)
    if as_json:
        _print_json(document)
        return
    for line in status_lines(document):
        typer.echo(line)


@images.command("add")
def add_image(
    source: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with an image.json at its top.")
    ],
    name: Annotated[str, typer.Argument(metavar="NAME:TAG", help="The reference to give it.")],
    folder: Dir = None,
) -> None:
    """Keep a copy of a folder as an image, and print its digest."""
    typer.echo(_client(folder).add_image(source, name))


@images.command("list")
def list_images(folder: Dir = None, as_json: Json = False) -> None:
    """Each reference and the digest that it names."""
    found = _client(folder).call("GET", "/_sandbox/images")
    if as_json:
        _print_json({"schema": 1, "kind": "images", **found})
        return
    for reference, digest in found["images"].items():
        typer.echo(f"{reference}  {digest}")


@app.command("gcloud", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def gcloud(context: typer.Context, folder: Dir = None) -> None:
    """Run the real gcloud against the sandbox: `hrmsops sandbox gcloud -- run services list`.

    It gets a configuration of its own; yours is neither read nor changed. Ends with gcloud's code.
    """
    import subprocess

    from hrmsops.sandbox.gcloud import command, environment

    client = _client(folder)
    words = command(list(context.args))
    ended = subprocess.run(words, env=environment(client.home, client.endpoint), check=False)
    raise typer.Exit(ended.returncode)


def _stay(home: Home, wish: Wish, *, empty: bool, is_shared: bool, as_json: bool) -> None:
    from hrmsops.sandbox.client import Client
    from hrmsops.sandbox.daemon import serve
    from hrmsops.sandbox.installed import require_extra
    from hrmsops.sandbox.narration import line

    require_extra()
    is_up = threading.Event()  # The calls that deploy the HRMS are told as what they come to.

    def begin() -> None:
        client = Client.of(home)
        _deploy(client, empty=empty, is_shared=is_shared)
        _show_up(client, as_json=as_json)
        _say("Ctrl-C takes it down.")
        is_up.set()

    def tell(entry: Entry) -> None:
        if is_up.is_set():
            _say(line(entry))

    serve(home, wish, on_ready=begin, on_call=tell)
    _say(f"The sandbox in {home.root} is down.")


def _deploy(client: Client, *, empty: bool, is_shared: bool) -> None:
    from hrmsops.sandbox import estate, shared_record

    if not empty and client.status()["settings"]["estate"]:
        estate.renew_config(client)
    elif not empty:
        estate.deploy(client, _say)
        client.set(estate=True)
    if is_shared:
        shared_record.share(client)


def _show_up(client: Client, *, as_json: bool) -> None:
    from hrmsops.access import rehearsal

    document = _document(client)
    if as_json:
        _print_json(document)
        return
    typer.echo(f"The sandbox answers at {document['endpoint']}; its folder is {document['dir']}.")
    for line in status_lines(document):
        typer.echo(line)
    if document["config"]:
        typer.echo(f"Its passwords: {rehearsal.line(client.home.root)}")
        typer.echo(
            f"Its environments: hrmsops status --config {document['config']} --env production"
        )


def _document(client: Client) -> dict[str, Any]:
    config = client.home.config
    return {
        "schema": 1,
        "kind": "sandbox",
        "endpoint": client.endpoint,
        "dir": str(client.home.root),
        "config": str(config) if config.exists() else None,
        **client.status(),
    }


def _check_destruction(home: Home, *, yes: bool) -> None:
    from hrmsops.errors.sandbox import DestructionUnconfirmed, NotASandbox

    if not home.state.exists():
        raise NotASandbox(folder=home.root)
    if yes:
        return
    import sys

    if not sys.stdin.isatty():
        raise DestructionUnconfirmed(folder=home.root)
    typer.confirm(f"Delete {home.root} and all that it holds?", abort=True, err=True)


def _home(folder: Path | None) -> Home:
    from hrmsops.sandbox.home import Home, default_root

    home = Home((folder or default_root()).absolute())
    home.require_folder()
    return home


def _client(folder: Path | None) -> Client:
    from hrmsops.errors.sandbox import SandboxIsDown
    from hrmsops.sandbox import launch

    home = _home(folder)
    client = launch.running(home)
    if client is None:
        raise SandboxIsDown(folder=home.root)
    return client


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _print_json(document: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(document, indent=2))
