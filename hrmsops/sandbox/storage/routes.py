"""The methods of Cloud Storage's JSON API v1 that are served.

An object's name is one segment of the path with its slashes escaped: in the path as it is decoded
here, it is all that follows `/o/`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping

from hrmsops.sandbox.exchange import Call, Reply
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.storage import buckets
from hrmsops.sandbox.storage.objects import Conditions, Storage, content_of, shown
from hrmsops.sandbox.storage.refusals import StorageRefusal, invalid
from hrmsops.sandbox.storage.uploads import host_of, upload

PAGE_MAX = 1000
_BUCKET = r"/b/(?P<bucket>[^/]+)"
_MEANT = re.compile(r"/(upload/|download/)?storage/v1/b([/?].*)?")

Handler = Callable[[Storage, Call, Mapping[str, str], Mapping[str, str]], Reply]
"""Given the storage, the call, the names in its path and its query."""


def is_meant(path: str) -> bool:
    """Whether a path is this API's."""
    return _MEANT.fullmatch(path) is not None


def answer(storage: Storage, call: Call, path: str, query: Mapping[str, str]) -> Reply:
    """The reply to a call of Cloud Storage's; raises ApiError."""
    for method, pattern, handler in _ROUTES:
        found = pattern.fullmatch(path) if method == call.method else None
        if found is not None:
            return handler(storage, call, found.groupdict(), query)
    raise StorageRefusal(404, "Not Found")


def get_object(
    storage: Storage, call: Call, names: Mapping[str, str], query: Mapping[str, str]
) -> Reply:
    """objects.get: what is told of it, or with `alt=media` what is in it."""
    found = storage.find(names["bucket"], names["object"], Conditions.of(query))
    if query.get("alt") != "media":
        return _told(shown(found, host=host_of(call)))
    headers = {
        "Content-Type": found["contentType"],
        "ETag": found["etag"],
        "X-Goog-Generation": found["generation"],
        "X-Goog-Metageneration": found["metageneration"],
        "X-Goog-Hash": f"crc32c={found['crc32c']},md5={found['md5Hash']}",
        "X-Goog-Storage-Class": found["storageClass"],
    }
    return Reply(status=200, body={}, content=content_of(found), headers=headers)


def list_objects(
    storage: Storage, call: Call, names: Mapping[str, str], query: Mapping[str, str]
) -> Reply:
    """objects.list: by name, as it is at this moment. There is no `delimiter`."""
    if query.get("delimiter"):
        raise invalid("The sandbox lists objects without a delimiter.")
    found = storage.under(names["bucket"], query.get("prefix", ""))
    first = max(query.get("startOffset", ""), _name_in(query.get("pageToken", "")))
    last = query.get("endOffset")
    inside = [
        each
        for each in found
        if str(each["name"]).encode() >= first.encode()
        and (last is None or str(each["name"]).encode() < last.encode())
    ]
    count = min(int(query.get("maxResults") or PAGE_MAX), PAGE_MAX)
    page, following = inside[:count], inside[count : count + 1]
    items = [_chosen(shown(each, host=host_of(call)), query.get("fields", "")) for each in page]
    next_page = {"nextPageToken": _token(following[0]["name"])} if following else {}
    kind = {} if query.get("fields") else {"kind": "storage#objects"}
    return _told({**kind, **({"items": items} if items else {}), **next_page})


def delete_object(
    storage: Storage, _call: Call, names: Mapping[str, str], query: Mapping[str, str]
) -> Reply:
    """objects.delete."""
    storage.delete(names["bucket"], names["object"], Conditions.of(query))
    return Reply(status=204, body={}, content=b"")


def insert_object(
    storage: Storage, call: Call, names: Mapping[str, str], query: Mapping[str, str]
) -> Reply:
    """objects.insert."""
    return upload(storage, call, names["bucket"], query)


def _told(document: Json) -> Reply:
    return Reply(status=200, body=document)


def _chosen(about: Json, fields: str) -> Json:
    """Of each item what `items(…)` in a partial response asks for."""
    asked = re.search(r"items\(([^)]*)\)", fields)
    if asked is None:
        return about
    wanted = asked[1].split(",")
    return {key: value for key, value in about.items() if key in wanted}


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _name_in(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError:
        raise invalid(f"Invalid page token: {token}") from None


def _route(method: str, pattern: str, handler: Handler) -> tuple[str, re.Pattern[str], Handler]:
    return method, re.compile(pattern, re.DOTALL), handler


_ROUTES = (
    _route("POST", r"/storage/v1/b", buckets.make_bucket),
    _route("GET", rf"/storage/v1{_BUCKET}", buckets.get_bucket),
    _route("PATCH", rf"/storage/v1{_BUCKET}", buckets.patch_bucket),
    _route("GET", rf"/storage/v1{_BUCKET}/iam/testPermissions", buckets.tell_permissions),
    _route("GET", rf"/storage/v1{_BUCKET}/o", list_objects),
    _route("GET", rf"/(?:download/)?storage/v1{_BUCKET}/o/(?P<object>.+)", get_object),
    _route("DELETE", rf"/storage/v1{_BUCKET}/o/(?P<object>.+)", delete_object),
    _route("POST", rf"/upload/storage/v1{_BUCKET}/o", insert_object),
    _route("PUT", rf"/upload/storage/v1{_BUCKET}/o", insert_object),
)
