"""Text from outside, made fit for a screen: no escape sequences in it, and no secrets."""

from __future__ import annotations

import re

SECRETS = (
    re.compile(r"(?P<keep>\w+://[^\s:/@]+:)[^\s@/]+(?=@)"),
    re.compile(r"(?i)(?P<keep>\bbearer\s+)[\w.~+/=-]{8,}"),
    re.compile(
        r"(?i)(?P<keep>(?:\b|_)(?:password|passwd|pwd|secret|token|api_?key)[\"']?\s*[=:]\s*[\"']?)"
        r"[^\s\"'&,;]+"
    ),
    re.compile(r"(?P<keep>\bya29\.)[\w.-]+"),
)
HIDDEN = "[hidden]"


def shown(text: object) -> str:
    """The text with control characters spelled out and secrets hidden; line ends are kept.

    A service's annotation or an error of the cloud could otherwise move the cursor, and repaint
    the very line that the operator decides by.
    """
    return "".join(_spelled(each) for each in hidden(str(text)))


def hidden(text: str) -> str:
    """The text without passwords in URLs and settings, and without bearer tokens."""
    for secret in SECRETS:
        text = secret.sub(rf"\g<keep>{HIDDEN}", text)
    return text


def _spelled(character: str) -> str:
    if character == "\n" or character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
