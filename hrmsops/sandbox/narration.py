"""One line in plain words for each call that a sandbox answers."""

from __future__ import annotations

from hrmsops.sandbox.request_log import Entry

_VERBS = {
    "GET": "reads",
    "POST": "makes",
    "PATCH": "changes",
    "PUT": "replaces",
    "DELETE": "deletes",
}
_CUSTOM = {"run": "runs", "cancel": "cancels", "wait": "waits for"}


def line(entry: Entry) -> str:
    """Such as `14:02:11  oncall@nhia.example changes services/hrms (traffic): 200, 12 ms`."""
    resource, _, custom = _resource(entry.path).partition(":")
    verb = _CUSTOM.get(custom, f"asks {custom} of" if custom else _VERBS.get(entry.method, "calls"))
    mask = entry.query.get("updateMask", "")
    new = entry.query.get("serviceId") or entry.query.get("jobId") or ""
    what = f"{resource}/{new}" if new else resource
    about = f" ({mask})" if mask else ""
    return f"{entry.time[11:19]}  {entry.account} {verb} {what}{about}: {_ending(entry)}"


def _resource(path: str) -> str:
    for marker in ("/locations/", "/namespaces/", "/projects/"):
        _, found, rest = path.partition(marker)
        if found:
            return rest.partition("/")[2] or rest
    return path.lstrip("/")


def _ending(entry: Entry) -> str:
    took = f"{entry.seconds * 1000:.0f} ms"
    fault = f" [fault: {entry.fault}]" if entry.fault else ""
    if entry.status is None:
        return f"no reply, {took}{fault}"
    message = entry.reply.get("error", {})
    words = f" {message['message']}" if entry.status >= 400 and isinstance(message, dict) else ""
    return f"{entry.status}{words}, {took}{fault}"
