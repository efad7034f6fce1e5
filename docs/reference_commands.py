"""The page of commands, read from the very objects that parse the command line."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from docs.markdown import code, page, table

COMPLETION = ("--install-completion", "--show-completion", "--help")


def commands_page() -> str:
    """Every command with its options, in the order of `hrmsops --help`."""
    blocks = [block for path, command in walked() for block in _blocks(path, command)]
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
    return [path for path, command in walked() if not children_of(command)]


def walked() -> Iterator[tuple[str, Any]]:
    """Every command and group with the words that lead to it."""
    from typer.main import get_command

    from hrmsops.cli import app

    yield from _walk("hrmsops", get_command(app))


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in children_of(command).items():
        if not child.hidden:
            yield from _walk(f"{path} {name}", child)


def children_of(command: Any) -> dict[str, Any]:
    """The commands of a group, by name."""
    return getattr(command, "commands", {})


def _blocks(path: str, command: Any) -> Iterator[str]:
    yield f"## {path}"
    yield cleandoc(command.help or "").replace("\f", "").strip()
    if children := children_of(command):
        rows = ((f"`{path} {name}`", _first_line(each)) for name, each in children.items())
        yield table(("command", "what it does"), rows)
    else:
        yield code(f"{path} {usage_of(command)}".strip())
    if options := options_of(command):
        yield table(("option", "meaning"), options)


def options_of(command: Any) -> list[tuple[str, str]]:
    """Options and arguments with their meanings."""
    own = [each for each in command.params if not set(COMPLETION) & set(each.opts)]
    return [(_names(each), each.help or "") for each in own]


def _first_line(command: Any) -> str:
    return cleandoc(command.help or "").partition("\n\n")[0]


def usage_of(command: Any) -> str:
    """`[OPTIONS] RUN`: what follows the command's name."""
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
