"""One thread at a time loads Google's libraries.

Looks go out side by side, and each loads what it needs. Two threads that load a package and one of
its modules for the first time at the same moment wait for each other: Python ends one of them with
a _DeadlockError.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

one_at_a_time = threading.RLock()


@contextmanager
def without_asyncio() -> Iterator[None]:
    """One thread at a time, and Google's libraries leave their transports of asyncio out.

    They do so where aiohttp is not installed (google.api_core.operations_v1). It is here, for the
    connector; nobody uses it through them, and to load it took a third of the time.
    """
    with one_at_a_time:
        modules = cast(dict[str, Any], sys.modules)
        is_hidden = "aiohttp" not in modules
        if is_hidden:
            modules["aiohttp"] = None
        try:
            yield
        finally:
            if is_hidden:
                del modules["aiohttp"]
