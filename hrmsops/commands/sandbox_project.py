"""`hrmsops sandbox project`: the code of the HRMS in miniature, to migrate with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hrmsops.commands import options

Release = Annotated[
    str, typer.Option("--release", metavar="NAME", help="Which release's code, such as 2024.2.")
]
Into = Annotated[
    Path | None,
    typer.Argument(metavar="[FOLDER]", help="Where to, else `project` in the sandbox's folder."),
]


def project(into: Into = None, release: Release = "2024.2", folder: options.Dir = None) -> None:
    """Write the HRMS's code into a folder, and name it in the sandbox's hrmsops.toml."""
    from hrmsops.console import output
    from hrmsops.sandbox.home import Home, default_root
    from hrmsops.sandbox.project import check_out

    home = Home(folder.absolute() if folder else default_root())
    where = into or home.root / "project"
    check_out(home, release, where)
    output.result(f"The code of {release} is in {where}.")
    output.next_step(f"hrmsops migrate -e staging --dry-run --config {home.config}")
