"""Credentials of Google's library that bear a token which any sandbox takes."""

from __future__ import annotations

from google.oauth2.credentials import Credentials


def bearer(token: str = "sandbox") -> Credentials:
    """What a client shows; the library's constructor has no types."""
    return Credentials(token)  # type: ignore[no-untyped-call]
