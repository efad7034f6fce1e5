"""What can be asked of the agent once its project and its database are there."""

from ..wire import Refused
from .backwards import Backwards
from .building import build
from .condition import Condition
from .operations import fingerprint
from .reader import Reader
from .runner import Runner


class Answering:
    """One method for each request, named as it is."""

    def __init__(self, session):
        self._session, self.runner = session, Runner(session)
        self._condition = Condition(session, self.runner.loader)
        self._reader = Reader(session, self.runner, self._condition)
        self._backwards = Backwards(session, self.runner, self._condition)

    def answer(self, asked):
        """The facts that were asked for."""
        answer = getattr(self, "do_" + asked["do"].replace("-", "_"), None)
        if answer is None:
            raise Refused("unknown-request", do=asked["do"])
        return answer(asked)

    def do_plan(self, asked):
        return self._reader.plan(asked["app"], asked["to"])

    def do_apply(self, asked):
        return self._changed(asked, backwards=False)

    def do_settle(self, asked):
        self.runner.settle(asked["plan"], asked.get("backwards", False))
        return {"told": True}

    def do_verify(self, asked):
        left = self._reader.left(asked["app"], asked["to"])
        return {"left": left, **self._condition.document()}

    def do_plan_backwards(self, asked):
        return self._backwards.plan(asked["app"], asked["to"], asked["undo"])

    def do_reverse(self, asked):
        return self._changed(asked, backwards=True)

    def do_verify_reversed(self, asked):
        left = self._backwards.left(asked["migrations"])
        return {"left": left, **self._condition.document()}

    def do_backfill_list(self, asked):
        from .backfilling import listed

        return listed(self._session)

    def do_backfill_look(self, asked):
        from .backfilling import look

        return look(self._session, asked)

    def do_backfill(self, asked):
        from .backfilling import run

        return run(self._session, asked)

    def do_build(self, asked):
        return build(self._session, asked["migrations"])

    def _changed(self, asked, *, backwards):
        key = (asked["app"], asked["name"])
        migration = self.runner.loader.graph.nodes.get(key)
        if migration is not None and fingerprint(migration) != asked["fingerprint"]:
            raise Refused("code-changed", app=key[0], name=key[1])
        return self.runner.apply(key, asked["plan"], asked["repeat"], backwards)
