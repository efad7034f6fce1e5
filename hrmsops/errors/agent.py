"""What migrates in the HRMS's interpreter ended, or did not begin."""

from __future__ import annotations

from typing import Any, Self

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.failure_words import in_words, sentence


class AgentGone(HrmsopsError):
    """The process that migrates, in the HRMS's own interpreter, ended without an answer.

    It was killed, or ran out of memory. What it had under way in the database is rolled back by
    the server, or found again: `resume` waits for its session's end and looks.
    """

    code = "agent-gone"

    def __init__(self, *, code: int, words: str) -> None:
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        super().__init__(
            what=f"The migrating process ended with {how}.",
            why=f"Its last words: {words}" if words else "It said nothing.",
            fix="hrmsops migrations",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(code=-9, words="")


class JobEnded(HrmsopsError):
    """The job that migrates with the image's own code ended before it had answered.

    It never reached the database, or was ended on its way: by its timeout, out of memory, or by
    hand. Its log in Cloud Logging has its last words. `resume` looks at what is applied first.
    """

    code = "job-ended"

    def __init__(self, *, execution: str, why: str) -> None:
        super().__init__(
            what=f"{execution} ended without an answer.",
            why=why or "Cloud Run says that it succeeded.",
            fix=f"gcloud run jobs executions describe {execution}",
        )

    @classmethod
    def example(cls) -> Self:
        why = "Task failed with message: The container exited with an error (exit code 3)."
        return cls(execution="hrmsops-migrate-261123-104512-7f3a-x7k2p", why=why)


class AgentBroken(HrmsopsError):
    """The migrating process met something that it has no word for; its session has ended."""

    code = "agent-broken"

    def __init__(self, *, facts: dict[str, Any]) -> None:
        super().__init__(
            what="The migrating process broke off.",
            why=sentence(in_words(facts)),
            fix="hrmsops migrations",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            facts={"sqlstate": "", "error": "RecursionError", "place": "core/apps.py, line 9"}
        )
