"""What both ways of tracing share: failures, and the code of both revisions."""

import time

from ..wire import Refused
from .scratch import key_of
from .trouble import trouble

FULL, NEEDED, EMPTY = "rows and NULLs", "rows without NULLs", "empty tables"


class Deploying:
    """Migrations, one after another; each that is pending is looked at."""

    def __init__(self, scratch, wire, pending):
        self.scratch, self._wire, self.pending = scratch, wire, pending
        self._failed, self.is_lost = set(), False

    def is_pending(self, migration):
        return key_of(migration) in self.pending

    def stands_on_failed(self, migration):
        """Whether it cannot run, since it or what it needs has failed."""
        if self._failed & self.scratch.parents(migration):
            self._failed.add(key_of(migration))
        return key_of(migration) in self._failed

    def failed(self, migration):
        self._failed.add(key_of(migration))

    def unobserved(self, state, migration):
        """The models after it; Refused where it fails."""
        try:
            return self.scratch.apply(state, migration)
        except Exception as error:
            app, name = key_of(migration)
            raise Refused("trace-unprepared", app=app, name=name, **trouble(error)) from error

    def attempts(self, migration, attempt):
        """What `attempt(rows)` gives, with fewer rows where it fails with them; None: never.

        Beside it the document of what was seen, or of how it failed.
        """
        failures = []
        for rows in (FULL, NEEDED, EMPTY):
            began = time.monotonic()
            try:
                after, seen = attempt(rows)
            except Exception as error:
                at = self.scratch.eyes.failed_at
                failures.append({"rows": rows, "path": at, **trouble(error)})
                if not migration.atomic or not self.scratch.is_usable():
                    self.is_lost = True  # What it left half done is in everybody's way.
                    break
                continue
            seconds = round(time.monotonic() - began, 4)
            return after, {**seen, "failures": failures, "seconds": seconds, "ended": False}
        self.failed(migration)
        return None, self.ended(failures, migration.atomic)

    def ended(self, failures, atomic):
        return {
            "atomic": atomic, "operations": [], "breaks": [], "works": [],
            "failures": failures, "seconds": 0, "ended": True,
        }  # fmt: skip

    def tell(self, migration, document):
        self._wire.emit("traced", app=migration.app_label, name=migration.name, **document)

    def compare(self, who, state, before, touched, document):
        """What fails now with how it ended before, and what works."""
        changed = {each[1] for op in document["operations"] for each in op["changes"]}

        def wanted(model):
            return touched(model) or model._meta.db_table in changed

        for (model, verb), (table, facts) in self.scratch.code.tries(state.apps, wanted).items():
            known = before.get((model, verb))
            if facts is None:
                document["works"].append([who, table, verb])
            elif known is None or facts != known[1]:
                was = None if known is None else (known[1] or {}).get("sqlstate", "")
                document["breaks"].append(
                    {"who": who, "model": model, "table": table, "verb": verb, "was": was, **facts}
                )
