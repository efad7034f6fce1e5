"""Who holds up a migration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

IDLE = "idle in transaction"


@dataclass(frozen=True, kw_only=True)
class Blocker:
    """A session that the migrating one waits for. `query` is its beginning, without values."""

    pid: int
    user: str
    application: str
    state: str
    seconds: float
    """Since its transaction began."""
    query: str
    table: str
    """What of ours it has a lock on; "" where only its snapshot is waited for."""

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Blocker:
        """From what the agent tells; a session of another's may not be seen whole."""
        texts = ("user", "application", "state", "query", "table")
        return cls(
            pid=facts["pid"],
            seconds=float(facts["seconds"] or 0),
            **{name: facts[name] or "" for name in texts},
        )

    @property
    def is_idle(self) -> bool:
        """It does nothing at all; to cancel its statement would change nothing."""
        return self.state.startswith(IDLE)

    @property
    def name(self) -> str:
        """`session 4711 (hrms_app, hrms/2024.1)`: the same from one look to the next."""
        who = ", ".join(filter(None, (self.user, self.application)))
        return f"session {self.pid} ({who})" if who else f"session {self.pid}"

    def sentence(self) -> str:
        """Everything about it, on one line."""
        state = self.state or "its state is hidden from us"
        on = f" on {self.table}" if self.table else ""
        doing = f": {self.query}" if self.query else ""
        return f"{self.name}{on}, {state} for {self.seconds:.0f} s{doing}"
