"""The page of commands, read from the very objects that parse the command line."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from docs.markdown import code, page, table

COMPLETION = ("--install-completion", "--show-completion", "--help")


def commands_page() -> str:
    """Every command with its options, in the order of `hrmsops --help`."""
    from typer.main import get_command

    from hrmsops.cli import app

    blocks = [
        block
        for path, command in _walk("hrmsops", get_command(app))
        for block in _blocks(path, command)
    ]
    return page(
        "Commands",
        "Results go to stdout, talk goes to stderr. What each command ends with is in "
        "[exit codes](exit-codes.md). Without a terminal nothing is asked: a missing answer is an "
        "error that names the flag. `hrmsops --install-completion` teaches your shell the "
        "commands, environments, runs and revisions.",
        *blocks,
    )


def commands() -> list[str]:
    """Every command as it is typed, groups left out."""
    from typer.main import get_command

    from hrmsops.cli import app

    return [path for path, command in _walk("hrmsops", get_command(app)) if not _children(command)]


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in _children(command).items():
        if not child.hidden:
            yield from _walk(f"{path} {name}", child)


def _children(command: Any) -> dict[str, Any]:
    return getattr(command, "commands", {})


def _blocks(path: str, command: Any) -> Iterator[str]:
    yield f"## {path}"
    yield cleandoc(command.help or "").replace("\f", "").strip()
    if children := _children(command):
        rows = ((f"`{path} {name}`", _first_line(each)) for name, each in children.items())
        yield table(("command", "what it does"), rows)
    else:
        yield code(f"{path} {_usage(command)}".strip())
    options = [each for each in command.params if not set(COMPLETION) & set(each.opts)]
    if options:
        yield table(("option", "meaning"), ((_names(each), each.help or "") for each in options))


def _first_line(command: Any) -> str:
    return cleandoc(command.help or "").partition("\n\n")[0]


def _usage(command: Any) -> str:
    arguments = [_argument(each) for each in command.params if each.param_type_name == "argument"]
    has_options = any(each.param_type_name == "option" for each in command.params)
    return " ".join((*(["[OPTIONS]"] if has_options else []), *arguments))


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    dots = "..." if parameter.nargs != 1 else ""
    return name + dots if parameter.required or name.startswith("[") else f"[{name}]{dots}"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_argument(parameter)}`"
    names = ", ".join(f"`{each}`" for each in (*parameter.opts, *parameter.secondary_opts))
    return f"{names} `{parameter.metavar}`" if parameter.metavar else names
