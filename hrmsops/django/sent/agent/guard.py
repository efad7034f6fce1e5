"""Between Django and the driver: what becomes of each statement of a migration."""

import time

from .session import pid_of
from .statements import head, kind_of, text_of
from .underway import Stopped


class Guard:
    """An execute wrapper of Django's: tells of each statement, and has it run by its kind."""

    def __init__(self, session, underway, stepwise):
        self._session, self._underway, self._stepwise = session, underway, stepwise

    def __call__(self, execute, sql, params, many, context):
        underway = self._underway
        is_ours = underway.is_internal or self._session.is_preparing
        if is_ours or underway.migration is None:
            return execute(sql, params, many, context)
        if underway.is_stopping:
            raise Stopped
        text = text_of(sql, self._session.main)
        kind = kind_of(text)
        underway.pid = pid_of(self._session.main)
        underway.now = {"text": head(text), "began": time.monotonic(), "pid": underway.pid}
        if kind != "data":
            self._session.wire.emit("statement", text=underway.now["text"], kind=kind)
        try:
            return self._stepwise.run(text, kind, lambda: execute(sql, params, many, context))
        finally:
            underway.now = None
