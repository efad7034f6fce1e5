"""Where the tracer begins: it migrates a scratch database with three rows a table, and looks."""

import os
import sys
from functools import partial

from ..wire import Refused, Requests, Wire, first_line
from .preparing import set_up
from .trouble import trouble


class Tracer:
    """Answers requests one after another until its input ends."""

    def __init__(self, wire, request):
        self._wire, self._request = wire, request
        self._scratch = None

    def prepare(self):
        """Django set up as the project says, and the scratch database."""
        django = set_up(self._request)
        # What knows Django is imported once that is set up.
        from .scratch import Scratch

        self._scratch = Scratch(self._request["alias"])
        self._wire.emit("ready", django=django, pid=self._scratch.eyes.pid)

    def answer(self, asked):
        if asked["do"] == "plan":
            plan = self._scratch.plan()
            return {"plan": [(each.app_label, each.name) for each in plan]}
        if asked["do"] == "trace":
            return self._trace({tuple(each) for each in asked["pending"]}, asked["alone"])
        raise Refused("unknown-request", do=asked["do"])

    def _trace(self, pending, alone):
        """Each pending migration observed; what is not pending comes before as far as it can."""
        from .in_turn import InTurn
        from .together import Together

        plan = self._scratch.plan()
        way = InTurn if alone else Together
        way(self._scratch, self._wire, pending).run(plan)
        return {"unmade": self._scratch.rows.unmade}


def main():
    """Serve what is asked on standard input; its end ends this process at once."""
    request, wire = first_line(), Wire()
    tracer = Tracer(wire, request)
    try:
        tracer.prepare()
        for asked in Requests(partial(os._exit, 0)):
            wire.emit("answer", **tracer.answer(asked))
    except Refused as refusal:
        wire.emit("refused", kind=refusal.kind, facts=refusal.facts)
    except BaseException as error:
        wire.emit("refused", kind="trace-broken", facts=trouble(error))
        raise
    sys.stderr.flush()
    os._exit(0)
