"""The lines by which a program talks to GitHub's runner, escaped so that none of them says more."""

from __future__ import annotations


def annotation(severity: str, message: str, **properties: str) -> str:
    """`severity`: error, warning or notice. Properties: `file`, `line`, `title`."""
    named = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{severity}{f' {named}' if named else ''}::{data(message)}"


def data(text: str) -> str:
    """Text behind the second `::`, on one line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return data(text).replace(":", "%3A").replace(",", "%2C")
