"""The three ways in which an object's bytes arrive: as they are, beside its name, in pieces."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

import msgspec

from hrmsops.sandbox.exchange import Call, Reply
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.storage.objects import UPLOADS, Conditions, Storage, shown
from hrmsops.sandbox.storage.refusals import invalid, no_upload

_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<whole>\d+|\*)")
_INCOMPLETE = 308


@dataclass(frozen=True, kw_only=True)
class _Session:
    """A resumable upload, as far as it has come; kept in the state, like Google's for a week."""

    bucket: str
    about: Json
    conditions: Json
    received: str = ""
    """In base64."""


def upload(storage: Storage, call: Call, bucket: str, query: Mapping[str, str]) -> Reply:
    """objects.insert with its content."""
    kind = query.get("uploadType", "")
    if call.method == "PUT":
        return _piece(storage, call, query.get("upload_id", ""))
    if kind == "resumable":
        return _begin(storage, call, bucket, query)
    if kind == "multipart":
        about, content = _parts(call)
    elif kind == "media":
        about, content = {"contentType": call.headers.get("content-type")}, call.body
    else:
        raise invalid(f"Invalid upload type: {kind}.")
    named = {**about, "name": query.get("name") or about.get("name")}
    made = storage.insert(bucket, named, content, Conditions.of(query))
    return Reply(status=200, body=shown(made, host=host_of(call)))


def host_of(call: Call) -> str:
    """Where the client reached us."""
    return call.headers.get("host", "")


def _parts(call: Call) -> tuple[Json, bytes]:
    """`multipart/related`: a JSON part about the object, and its bytes (RFC 2387)."""
    found = re.search(r'boundary="?([^";]+)"?', call.headers.get("content-type", ""))
    if found is None:
        raise invalid("Missing multipart boundary.")
    pieces = call.body.split(b"--" + found[1].encode())
    if len(pieces) != 4:
        raise invalid("Multipart must have two parts.")
    (_, about), (head, content) = (_opened(piece) for piece in pieces[1:3])
    said = re.search(rb"(?im)^content-type: *([^\r\n]+)", head)
    kind = {"contentType": said[1].decode()} if said else {}
    return {**kind, **_json(about)}, content


def _opened(piece: bytes) -> tuple[bytes, bytes]:
    head, _, body = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    return head, body.removesuffix(b"\r\n")


def _begin(storage: Storage, call: Call, bucket: str, query: Mapping[str, str]) -> Reply:
    storage.bucket(bucket)
    about = _json(call.body) if call.body else {}
    named = {
        "contentType": call.headers.get("x-upload-content-type"),
        **about,
        "name": query.get("name") or about.get("name"),
    }
    conditions = asdict(Conditions.of(query))
    number = secrets.token_urlsafe(24)
    session = _Session(bucket=bucket, about=named, conditions=conditions)
    storage.state.put(UPLOADS, number, asdict(session))
    words = urlencode({"uploadType": "resumable", "upload_id": number})
    here = f"http://{host_of(call)}/upload/storage/v1/b/{bucket}/o?{words}"
    return Reply(status=200, body={}, content=b"", headers={"Location": here})


def _piece(storage: Storage, call: Call, number: str) -> Reply:
    """A piece of the bytes, the last one, or the question how many have come."""
    with storage.state.change():
        kept = storage.state.get(UPLOADS, number)
        if kept is None:
            raise no_upload()
        session = _Session(**kept)
        received = base64.b64decode(session.received)
        first, whole = _span(call, received)
        if call.body:
            received = received[:first] + call.body
        if whole is None or len(received) < whole:
            grown = replace(session, received=base64.b64encode(received).decode())
            storage.state.put(UPLOADS, number, asdict(grown))
            return _so_far(len(received))
        storage.state.delete(UPLOADS, number)
        conditions = Conditions(**session.conditions)
        made = storage.insert(session.bucket, session.about, received, conditions)
        return Reply(status=200, body=shown(made, host=host_of(call)))


def _span(call: Call, received: bytes) -> tuple[int, int | None]:
    """Where this piece begins, and how long the whole will be, None where it is not known yet."""
    said = call.headers.get("content-range")
    if said is None:
        return 0, len(call.body)
    found = _RANGE.fullmatch(said)
    first = int(found["first"] or len(received)) if found else 0
    if found is None or first > len(received):
        raise invalid(f"Invalid Content-Range: {said}.")
    return first, None if found["whole"] == "*" else int(found["whole"])


def _so_far(count: int) -> Reply:
    told = {"Range": f"bytes=0-{count - 1}"} if count else {}
    return Reply(status=_INCOMPLETE, body={}, content=b"", headers=told)


def _json(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise invalid(f"Parse Error: {error}") from error
