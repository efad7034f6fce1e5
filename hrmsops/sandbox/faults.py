"""What goes wrong on purpose: calls that fail, hang, drop or wait, operations that end badly."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from hrmsops.sandbox.api import STATUS_OF_HTTP, ApiError
from hrmsops.sandbox.state import Json, State

Kind = Literal[
    "error",
    "hang",
    "hang-after",
    "drop-before",
    "drop-after",
    "delay",
    "operation",
    "stall",
    "stick",
    "deny",
    "disable",
    "mangle",
]


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is to go wrong, `times` times.

    `method` and `path` are regular expressions: the method must match whole, the path anywhere.
    `error` answers `code`, `status` and `message` and does nothing. `hang` does nothing and answers
    nothing for `seconds` (None: until the client goes), then drops; `hang-after` does so when the
    call has had its effect. `drop-before` ends the connection before the call has any effect,
    `drop-after` when its effect is there and the reply is not. `delay` answers late. `operation`
    accepts the call and ends its operation in an error: `operation` is an expression for the
    operation's kind, such as `services.traffic`. `stall` lets a service's or an instance's
    operation of that kind go on for `seconds` before anything comes of it. `stick` lets an
    instance's operation end well, and shows the instance in `state` from then on. `deny` takes the
    permissions that `permission` (an expression) matches away until it is cleared: calls that ask
    for one are refused, and testIamPermissions says so. `disable` turns an `api` of the project off
    until it is cleared. `mangle` answers with a name that is no string, and a field that is none of
    Google's.
    """

    kind: Kind
    id: str = ""
    method: str = ".*"
    path: str = ".*"
    operation: str = ""
    times: int = 1
    seconds: float | None = None
    code: int = 503
    status: str = ""
    message: str = ""
    state: str = ""
    permission: str = ""
    api: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether the caller gets no reply."""
        return self.kind in ("hang", "hang-after", "drop-before", "drop-after")

    @property
    def is_about_operations(self) -> bool:
        """Whether it waits for an operation to begin, and not for a call."""
        return self.kind in ("operation", "stall", "stick")

    @property
    def is_about_calls(self) -> bool:
        """Whether the next call that it matches meets it."""
        return not self.is_about_operations and self.kind not in ("deny", "disable")

    def error(self) -> ApiError:
        """The refusal that this fault stands for."""
        status = self.status or STATUS_OF_HTTP.get(self.code, "UNKNOWN")
        return ApiError(self.code, self.message or _WORDS.get(self.code, status), status=status)

    def rpc_status(self) -> Json:
        """The error that an operation ends in."""
        return self.error().rpc_status()


# What Google's frontends say when a backend does not.
_WORDS = {
    401: "Request had invalid authentication credentials.",
    403: "The caller does not have permission",
    404: "Requested entity was not found.",
    409: "The operation was aborted.",
    429: "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute'.",
    500: "Internal error encountered.",
    503: "The service is currently unavailable.",
    504: "Deadline exceeded",
}


class Faults:
    """The faults that are armed, kept in the state so that they outlive the sandbox's process."""

    def __init__(self, state: State) -> None:
        self._state = state

    def arm(self, wish: Json) -> Json:
        """Keep a fault; answers it with the id that `clear` takes."""
        try:
            fault = msgspec.convert(wish, Fault)
            for expression in (fault.method, fault.path, fault.operation, fault.permission):
                re.compile(expression)
        except (msgspec.ValidationError, re.error) as error:
            raise ApiError(400, f"This is not a fault: {error}") from error
        with self._state.change():
            number = self._state.setting("faults armed", 0) + 1
            self._state.set("faults armed", number)
            kept = msgspec.structs.replace(fault, id=str(number))
            self._keep(kept)
        return _plain(kept)

    def armed(self) -> list[Json]:
        """Every fault that has not yet happened as often as it should, the oldest first."""
        return self._state.under("faults")[::-1]

    def clear(self, number: str = "") -> int:
        """Disarm one fault, or all; answers how many there were."""
        gone = [fault for fault in self.armed() if number in ("", fault["id"])]
        for fault in gone:
            self._state.delete("faults", fault["id"])
        return len(gone)

    def strike_call(self, method: str, path: str) -> Fault | None:
        """The fault that this call meets, spent by asking."""
        return self._strike(
            lambda fault: (
                fault.is_about_calls
                and bool(re.fullmatch(fault.method, method))
                and bool(re.search(fault.path, path))
            )
        )

    def strike_operation(self, kind: str) -> Fault | None:
        """The fault that an operation of this kind meets, spent by asking."""
        return self._strike(
            lambda fault: fault.is_about_operations and bool(re.fullmatch(fault.operation, kind))
        )

    def denies(self, permission: str) -> bool:
        """Whether an armed fault takes that permission away; asking does not spend it."""
        denied = (each.get("permission", "") for each in self.armed() if each["kind"] == "deny")
        return any(re.fullmatch(each, permission) for each in denied)

    def disables(self, api: str) -> bool:
        """Whether an armed fault has turned it off, such as `cloudtasks.googleapis.com`."""
        return any(each.get("api", "") == api for each in self.armed() if each["kind"] == "disable")

    def _strike(self, is_meant: Any) -> Fault | None:
        if not self._state.count("faults"):
            return None
        with self._state.change():
            for document in self.armed():
                fault = msgspec.convert(document, Fault)
                if is_meant(fault):
                    self._spend(fault)
                    return fault
        return None

    def _spend(self, fault: Fault) -> None:
        if fault.times <= 1:
            self._state.delete("faults", fault.id)
        else:
            self._keep(msgspec.structs.replace(fault, times=fault.times - 1))

    def _keep(self, fault: Fault) -> None:
        self._state.put("faults", fault.id, _plain(fault))


def _plain(fault: Fault) -> Json:
    document: Json = msgspec.to_builtins(fault)
    return {**document, "times": fault.times}
