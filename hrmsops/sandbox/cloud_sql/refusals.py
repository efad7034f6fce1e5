"""Refusals in the words of the Cloud SQL Admin API: a reason for each, in the `errors` list."""

from __future__ import annotations

from collections.abc import Mapping

from hrmsops.sandbox.api import ApiError
from hrmsops.sandbox.state import Json

_REASONS: Mapping[int, str] = {
    400: "invalid",
    401: "authError",
    403: "notAuthorized",
    404: "notFound",
    409: "conflict",
    412: "staleData",
    429: "rateLimitExceeded",
    500: "internalError",
    501: "notImplemented",
    503: "backendError",
    504: "backendError",
}


class SqlRefusal(ApiError):
    """An error as Cloud SQL sends it: code, message, and `errors` with a reason."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(code, message)
        self.reason = reason

    def envelope(self) -> Json:
        """`{"error": {code, message, errors: [{message, domain, reason}]}}`."""
        told = {"message": self.message, "domain": "global", "reason": self.reason}
        return {"error": {"code": self.code, "message": self.message, "errors": [told]}}


class OperationFailed(Exception):
    """An operation that was accepted and cannot be done: it ends DONE with this error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class GoesDown(Exception):
    """The sandbox goes down: the operation is left as it is, and goes on at the next start."""


def restyled(error: ApiError) -> SqlRefusal:
    """A refusal of the sandbox in general, or of a fault, in Cloud SQL's style.

    A fault's status that is no google.rpc.Code is taken as the reason.
    """
    if isinstance(error, SqlRefusal):
        return error
    reason = _REASONS.get(error.code, "internalError")
    if error.status and not error.status.isupper():
        reason = error.status
    elif error.code == 403 and "quota" in error.message.lower():
        reason = "rateLimitExceeded"
    return SqlRefusal(error.code, reason, error.message)


def invalid(message: str) -> SqlRefusal:
    """A request that is wrong in itself."""
    return SqlRefusal(400, "invalid", f"Invalid request: {message}.")


def no_instance() -> SqlRefusal:
    """Google says 403 instead to those who may not list instances."""
    return SqlRefusal(404, "instanceDoesNotExist", "The Cloud SQL instance does not exist.")


def instance_exists() -> SqlRefusal:
    return SqlRefusal(409, "instanceAlreadyExists", "The Cloud SQL instance already exists.")


def busy() -> SqlRefusal:
    message = (
        "Operation failed because another operation was already in progress."
        " Try your request after the current operation is complete."
    )
    return SqlRefusal(409, "operationInProgress", message)


def not_running() -> SqlRefusal:
    """Also said of an instance that its owner has stopped, and of one that is gone to pieces."""
    return invalid("Invalid request since instance is not running")


def stale() -> SqlRefusal:
    """Another settingsVersion than the instance's."""
    return SqlRefusal(412, "staleData", "Condition does not match.")


def protected() -> SqlRefusal:
    message = "The instance is protected. Please disable the deletion protection and try again."
    return SqlRefusal(400, "invalid", message)


def no_base_backup() -> SqlRefusal:
    """Nothing to recover from: no successful backup before the moment, or none that has logs."""
    message = (
        "No successful backup from before that time was found, which the operation needs."
        " Choose another time or backup."
    )
    return SqlRefusal(400, "errorBackupNotFound", message)


def no_backup_run() -> SqlRefusal:
    return SqlRefusal(404, "backupRunDoesNotExist", "The backup run does not exist.")


def not_yours(project: str) -> SqlRefusal:
    message = f"The client is not authorized to make this request for project {project}."
    return SqlRefusal(403, "notAuthorized", message)
