"""Where one is about to act: environment, project, service, instance and account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.console import theme
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.text import Text

    from hrmsops.config import Environment


def show(environment: Environment, *, account: str | None, instance: str) -> None:
    """Two lines on stderr. `account` None: not known yet. `instance`: "" where none is known."""
    theme.talk().print(banner(environment, account=account, instance=instance))


def banner(environment: Environment, *, account: str | None, instance: str) -> Text:
    """Production stands out by its colour and, without colours, by capitals and brackets."""
    from rich.text import Text

    is_production = environment.kind == "production"
    name = environment.name.upper() if is_production else environment.name
    text = Text(f"[{name}]", style="production" if is_production else "elsewhere")
    for label, value in _first_line(environment, account):
        text.append(f"  {label}", style="quiet").append(shown(value))
    text.append("\n")
    text.append("service ", style="quiet").append(shown(environment.service))
    if instance:
        text.append("  instance ", style="quiet").append(shown(instance))
    return text


def _first_line(environment: Environment, account: str | None) -> list[tuple[str, str]]:
    parts = [("", f"{environment.project}/{environment.region}")]
    if environment.endpoint:
        parts.append(("at ", environment.endpoint.partition("://")[2]))
    if account:
        parts.append(("as ", account))
    return parts
