"""Refusals in the words of Cloud Storage: a reason for each, in the `errors` list."""

from __future__ import annotations

from collections.abc import Mapping

from hrmsops.sandbox.api import ApiError
from hrmsops.sandbox.state import Json

_REASONS: Mapping[int, str] = {
    400: "invalid",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    409: "conflict",
    412: "conditionNotMet",
    429: "rateLimitExceeded",
    500: "backendError",
    503: "backendError",
    504: "backendError",
}


class StorageRefusal(ApiError):
    """An error as Cloud Storage sends it: code, message, and `errors` with a reason."""

    reason = ""
    """As Google gives it; "" where the code tells it."""

    def envelope(self) -> Json:
        """`{"error": {code, message, errors: [{message, domain, reason}]}}`."""
        reason = self.reason or _REASONS.get(self.code, "backendError")
        told = {"message": self.message, "domain": "global", "reason": reason}
        return {"error": {"code": self.code, "message": self.message, "errors": [told]}}


class _Retained(StorageRefusal):
    reason = "retentionPolicyNotMet"


def restyled(error: ApiError) -> StorageRefusal:
    """A refusal of the sandbox in general, or of a fault, in Cloud Storage's style."""
    if isinstance(error, StorageRefusal):
        return error
    return StorageRefusal(error.code, error.message)


def no_bucket() -> StorageRefusal:
    return StorageRefusal(404, "The specified bucket does not exist.")


def no_object(bucket: str, name: str) -> StorageRefusal:
    return StorageRefusal(404, f"No such object: {bucket}/{name}")


def retained(bucket: str, name: str, *, until: str) -> StorageRefusal:
    words = f"Object '{bucket}/{name}' is subject to bucket's retention policy"
    return _Retained(403, f"{words} and cannot be deleted or overwritten until {until}")


def no_upload() -> StorageRefusal:
    return StorageRefusal(404, "The upload is not known, or is over.")


def condition_not_met() -> StorageRefusal:
    message = "At least one of the pre-conditions you specified did not hold."
    return StorageRefusal(412, message)


def invalid(message: str) -> StorageRefusal:
    return StorageRefusal(400, message)
