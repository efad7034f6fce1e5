"""What the migrating session is at."""

import time
from contextlib import contextmanager

_STOP_SECONDS, _POLL_SECONDS = 10.0, 0.2


class Stopped(BaseException):
    """The other side has gone; nothing more is begun."""


class Underway:
    """For whoever watches it, counts for it or stops it.

    `migration` is None between two of them, and `backwards` says which way it goes; `editor` is
    the schema editor that Django opened for it. `now` is the statement that the server has: its
    beginning, when it was sent, and the session's pid.
    """

    def __init__(self):
        self.migration, self.backwards, self.editor = None, False, None
        self.now, self.pid = None, 0
        self.is_stopping, self.is_internal = False, False

    @contextmanager
    def internally(self):
        """Within, statements are ours: no policy, no count."""
        before, self.is_internal = self.is_internal, True
        try:
            yield
        finally:
            self.is_internal = before

    def stop(self, main):
        """The other side has gone: cancel what runs, and begin nothing more."""
        self.is_stopping = True
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            raw = main.connection
            if self.now is not None and raw is not None:
                try:
                    raw.cancel()
                except Exception:
                    break
            time.sleep(_POLL_SECONDS)
