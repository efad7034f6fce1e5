"""The bank: pays whenever it is asked, and tells what it has paid."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from urllib.parse import quote, urlsplit

from django.conf import settings

SECONDS_MAX = 5.0


class BankUnreachableError(Exception):
    """There is no bank, or it gave no whole answer: whether it has paid is not known."""


def has_paid(key: str) -> bool:
    """Whether the bank has ever paid under this key."""
    return bool(_ask("GET", f"/payments/{quote(key, safe='')}")["times"])


def pay(key: str, amount: str) -> None:
    """Let the bank pay; asked twice it pays twice."""
    _ask("POST", "/payments", {"key": key, "amount": amount})


def _ask(method: str, path: str, body: object = None) -> dict[str, object]:
    netloc = urlsplit(settings.BANK_URL).netloc
    if not netloc:
        raise BankUnreachableError("BANK_URL names none")
    connection = HTTPConnection(netloc, timeout=SECONDS_MAX)
    try:
        connection.request(method, path, json.dumps(body) if body else None)
        reply = connection.getresponse()
        answer: dict[str, object] = json.loads(reply.read())
    except (OSError, HTTPException, ValueError) as error:
        raise BankUnreachableError(type(error).__name__) from error
    finally:
        connection.close()
    return answer
