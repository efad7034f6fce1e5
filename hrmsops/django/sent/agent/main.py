"""Where the agent begins: beside a checkout, asked line by line, or as a job, asked one thing."""

import base64
import json
import os
import sys
import zlib

from ..wire import Refused, Requests, Wire, first_line
from .answers import Answers
from .project import set_up, with_its_code
from .underway import Stopped
from .words import trouble


class Agent:
    """Answers requests one after another until its input ends."""

    def __init__(self, wire, request):
        self._wire, self._request = wire, request
        self._answering = None

    def prepare(self):
        """Django set up as the project says, the database as the request says."""
        django = set_up(self._request)
        # What knows Django is imported once that is set up.
        from .answering import Answering
        from .session import Session

        session = Session(self._wire, self._request)
        facts = session.open(lock=self._request["lock"])
        self._answering = with_its_code(lambda: Answering(session))
        if hasattr(self._wire, "attach"):
            self._wire.attach(session)
        self._wire.emit("ready", django=django, **facts)

    def serve(self, requests):
        """Until there are no more."""
        for asked in requests:
            try:
                self._wire.emit("answer", **self._answering.answer(asked))
            except Refused as refusal:
                self._wire.emit("refused", kind=refusal.kind, facts=refusal.facts)

    def stop(self):
        """Nobody listens any more: cancel what runs, and end."""
        if self._answering is not None:
            self._answering.runner.underway.stop(self._answering.runner.session.main)
        os._exit(1)


def main():
    """Serve what is asked on standard input."""
    request, wire = first_line(), Wire()
    agent = Agent(wire, request)
    requests = Requests(agent.stop)
    try:
        agent.prepare()
        agent.serve(requests)
    except Refused as refusal:
        wire.emit("refused", kind=refusal.kind, facts=refusal.facts)
    except Stopped:
        pass
    except BaseException as error:
        wire.emit("refused", kind="broken", facts=trouble(error))
        raise
    # A thread of the project must not keep this process alive, with its locks.
    sys.stderr.flush()
    os._exit(0)


def main_of_job():
    """Answer the one request of a job, in whose environment it came."""
    packed = base64.b64decode(os.environ["HRMSOPS_REQUEST"])
    request = json.loads(zlib.decompress(packed))
    # Each task of a job answers for itself.
    wire = Answers(request["ask"].replace("{task}", os.environ.get("CLOUD_RUN_TASK_INDEX", "0")))
    agent, code = Agent(wire, request), 0
    try:
        agent.prepare()
        agent.serve([request["asked"]])
    except Refused as refusal:
        wire.emit("refused", kind=refusal.kind, facts=refusal.facts)
        code = 3
    except BaseException as error:
        wire.emit("refused", kind="broken", facts=trouble(error))
        code = 1
    wire.finish()
    sys.stderr.flush()
    os._exit(code)
