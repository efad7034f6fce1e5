"""What teaches a shell to complete hrmsops, as a package puts it where the shell looks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

FILES = {"hrmsops.bash": "bash", "_hrmsops": "zsh", "hrmsops.fish": "fish"}


def completions() -> dict[str, Callable[[], str]]:
    """By file name: the very script that `hrmsops --install-completion` writes."""
    return {name: partial(_script, shell) for name, shell in FILES.items()}


def _script(shell: str) -> str:
    from typer._completion_shared import get_completion_script

    variable = "_HRMSOPS_COMPLETE"
    made: str = get_completion_script(prog_name="hrmsops", complete_var=variable, shell=shell)
    return made.strip() + "\n"
