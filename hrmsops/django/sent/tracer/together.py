"""Migrations that one deploy brings: the old code meets what all of them made."""

from .deploying import FULL, NEEDED, Deploying
from .scratch import key_of
from .touched import Touched


class Together(Deploying):
    """Made-up rows stay from the first pending migration to the last, as real ones would."""

    def run(self, plan):
        """What is certainly there before, and then what is pending with what stands on it."""
        state = self.scratch.begin()
        first, window = self._parted(plan)
        for migration in first:
            state = self.unobserved(state, migration)
        if any(map(self.is_pending, window)):
            self._window(state, window)

    def _parted(self, plan):
        later = set()
        for migration in plan:
            if self.is_pending(migration) or self.scratch.parents(migration) & later:
                later.add(key_of(migration))
        return (
            [each for each in plan if key_of(each) not in later],
            [each for each in plan if key_of(each) in later],
        )

    def _window(self, state, window):
        scratch = self.scratch
        scratch.rows.fill()
        old, base = state.clone(), scratch.eyes.look()
        touched = Touched(state, window)
        before = scratch.code.tries(old.apps, touched)
        for migration in window:
            if self.stands_on_failed(migration):
                continue
            if not self.is_pending(migration):
                state = self.unobserved(state, migration)
                continue
            after, document = self._observed(state, migration, base)
            if after is not None:
                state = after
                self.compare("old", old, before, touched, document)
                if migration is window[-1]:
                    self.compare("new", state, before, touched, document)
            self.tell(migration, document)
            if self.is_lost:
                return

    def _observed(self, state, migration, base):
        rows = self.scratch.rows

        def attempt(kind):
            if kind != FULL:
                rows.empty()
            if kind in (FULL, NEEDED):
                rows.nulls = kind == FULL
                rows.fill()
            return self.scratch.watched(state, migration, base)

        try:
            return self.attempts(migration, attempt)
        finally:
            rows.nulls = True
