"""One thread at a time loads Google's libraries.

Looks go out side by side, and each loads what it needs. Two threads that load a package and one of
its modules for the first time at the same moment wait for each other: Python ends one of them with
a _DeadlockError.
"""

from __future__ import annotations

import threading

one_at_a_time = threading.RLock()
