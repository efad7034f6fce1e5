"""A statement that runs outside of a transaction, made to wait until it was seen."""

import threading
import time
from contextlib import contextmanager

from django.db import connections

from .rows import TO_FILL

SECONDS, POLL_SECONDS = 20.0, 0.005
WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)"


@contextmanager
def held_up(main, pid, see):
    """A third session holds what any writer holds; who builds beside writers waits for them.

    `see` is called with that session as soon as `pid` waits.
    """
    ended, ready = threading.Event(), threading.Event()
    work = (main.alias, pid, see, ended, ready)
    thread = threading.Thread(target=_hold, args=work, daemon=True)
    thread.start()
    ready.wait(SECONDS)
    try:
        yield
    finally:
        ended.set()
        thread.join(SECONDS)


def _hold(alias, pid, see, ended, ready):
    third = connections.create_connection(alias)
    try:
        third.ensure_connection()
        third.set_autocommit(False)
        with third.cursor() as cursor:
            cursor.execute(TO_FILL)
            names = [name for _, name in cursor.fetchall()]
            if names:
                cursor.execute(f"LOCK TABLE {', '.join(names)} IN ROW EXCLUSIVE MODE")
            ready.set()
            until = time.monotonic() + SECONDS
            while not ended.is_set() and time.monotonic() < until:
                cursor.execute(WAITS, [pid])
                if cursor.fetchone()[0]:
                    see(third)
                    break
                time.sleep(POLL_SECONDS)
        third.rollback()
    finally:
        ready.set()
        third.close()
