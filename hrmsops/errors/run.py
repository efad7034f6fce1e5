"""What can go wrong between the plan and its end, whatever the plan does."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.record import StoreForbidden, StoreMissing, StoreRetained


class RunNotFound(HrmsopsError):
    """A run was named that is not on record here.

    Runs are recorded where `store` of the environment says; with `local` that is this machine
    and this user. A run that was begun elsewhere is resumed there.
    """

    code = "run-not-found"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, run: str, known: tuple[str, ...]) -> None:
        super().__init__(
            what=f"There is no run {run}.",
            why=f"The newest on record: {', '.join(known)}." if known else "None is on record.",
            fix="hrmsops runs",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a", known=("261123-091200-11c0",))


class NothingToResume(HrmsopsError):
    """`resume` was asked for, and every run on record is over."""

    code = "nothing-to-resume"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self) -> None:
        super().__init__(
            what="No run is unfinished.",
            why="Every run on record was done, has failed without a trace, or was abandoned.",
            fix="hrmsops runs",
        )

    @classmethod
    def example(cls) -> Self:
        return cls()


class WhichRun(HrmsopsError):
    """`resume` without a name found more than one unfinished run.

    Each of them changes the same production; which one goes on is for a person to say.
    """

    code = "which-run"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, runs: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{len(runs)} runs are unfinished: {', '.join(runs)}.",
            why="Only one of them can be gone on with at a time.",
            fix=f"hrmsops resume {runs[-1]}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(runs=("261123-091200-11c0", "261123-104512-7f3a"))


class RunIsOver(HrmsopsError):
    """A run was to be resumed or abandoned that has ended already."""

    code = "run-is-over"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, run: str, outcome: str) -> None:
        super().__init__(
            what=f"Run {run} is over: {outcome}.",
            why="A run that has ended is a record; it is not applied again.",
            fix=f"hrmsops runs show {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a", outcome="done")


class RunOfAnotherService(HrmsopsError):
    """The configuration at hand has an environment of the run's name, and it is another service.

    The lease of that environment would not keep anyone off the service that the run changes.
    Resume where the run was begun, or name the configuration that it was begun with.
    """

    code = "run-of-another-service"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, run: str, service: str, environment: str, configured: str) -> None:
        super().__init__(
            what=f"Run {run} changes {service}.",
            why=f"{environment} in the configuration at hand is {configured}.",
            fix="Name the configuration that the run was begun with: --config FILE.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            run="261123-104512-7f3a",
            service="projects/nhia-hrms/locations/us-central1/services/nhia-hrms-production-api",
            environment="production",
            configured="projects/nhia-crm/locations/us-central1/services/nhia-crm-api",
        )


class RunOfAnotherEnvironment(HrmsopsError):
    """`resume` was given a run and an environment, and the run changes another one."""

    code = "run-of-another-environment"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, run: str, environment: str) -> None:
        super().__init__(
            what=f"Run {run} changes {environment}.",
            why="Another environment was named with it. Nothing was done.",
            fix=f"hrmsops resume {run} -e {environment}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a", environment="staging")


class StepUnknown(HrmsopsError):
    """A journal or a plan file holds a step that this version of hrmsops does not know.

    It was written by another version. Resume with the version that began the run:
    `hrmsops --version` on the machine where it was begun names it.
    """

    code = "step-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, step: str) -> None:
        super().__init__(
            what=f'The plan has a step "{step}", which this version does not know.',
            why="It was written by another version of hrmsops.",
            fix="Install the version of hrmsops that made the plan, then hrmsops resume.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(step="clone-instance")


class StepHadNoEffect(HrmsopsError):
    """A call was answered as done, yet the world does not show it.

    Either someone undid it in the same moment, or the service answered too early. `status`
    shows what is true now; `resume` looks again before it repeats anything.
    """

    code = "step-had-no-effect"

    def __init__(self, *, step: str) -> None:
        super().__init__(
            what=f"{step} was answered as done, but nothing shows it.",
            why="Reading back what was written gave another state.",
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(step="shift-traffic")


class StoppedHalfway(HrmsopsError):
    """A step failed after others had changed something. Nothing is lost: the run can go on.

    `hrmsops resume RUN` looks at the world first and applies only what is not done yet.
    `hrmsops runs show RUN` lists what was done. `hrmsops runs abandon RUN` closes the record
    where you have mended things by hand.
    """

    code = "stopped-halfway"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(self, *, run: str, cause: HrmsopsError) -> None:
        super().__init__(
            what=f"The run stopped half-way: {cause.what}",
            why=cause.why,
            fix=f"{_first(cause)}hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a", cause=StepHadNoEffect(step="tag-last-good"))


def _first(cause: HrmsopsError) -> str:
    """What has to be mended before the run can go on, where that does not mend itself."""
    mends_itself = not isinstance(cause, StoreForbidden | StoreMissing | StoreRetained)
    return "" if mends_itself else f"{cause.fix} and then "


class StillRunning(HrmsopsError):
    """Your patience (`--wait`, `--detach`) ended before the cloud did. It goes on without you.

    Nothing failed. `hrmsops resume RUN` comes back to it, from this shell or another.
    """

    code = "still-running"
    exit_code: ClassVar[ExitCode] = ExitCode.RUNNING

    def __init__(self, *, run: str, what: str, waited: timedelta) -> None:
        super().__init__(
            what=f"Still running in the cloud: {what}.",
            why=f"It was not over after {waited.total_seconds():.0f} s, as long as was asked for.",
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a", what="the traffic shift", waited=timedelta(seconds=30))


class WaitedTooLong(HrmsopsError):
    """Something in the cloud took far longer than it ever should.

    It may still come through. `resume` looks first and goes on waiting.
    """

    code = "waited-too-long"
    exit_code: ClassVar[ExitCode] = ExitCode.RUNNING

    def __init__(self, *, run: str, what: str, deadline: timedelta) -> None:
        super().__init__(
            what=f"Not over after {deadline.total_seconds():.0f} s: {what}.",
            why="That is the longest this step waits.",
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            run="261123-104512-7f3a", what="the traffic shift", deadline=timedelta(minutes=10)
        )


class RunWrittenByAnother(HrmsopsError):
    """Two processes tried to go on with the same run; this one was later and stopped."""

    code = "run-written-by-another"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, run: str) -> None:
        super().__init__(
            what=f"Another process is writing the record of run {run}.",
            why="The next entry's number was taken between two looks.",
            fix=f"hrmsops runs show {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a")


class RunInterrupted(HrmsopsError):
    """Ctrl-C ended the process while a run was under way. The record is closed properly.

    What was asked of the cloud goes on there. `hrmsops resume RUN` looks at the world and goes
    on from what is true then.
    """

    code = "run-interrupted"
    exit_code: ClassVar[ExitCode] = ExitCode.INTERRUPTED
    signal_name: ClassVar[str] = "Ctrl-C"

    def __init__(self, *, run: str, during: str, operation: str, may_have_asked: bool) -> None:
        why = "No call to Google Cloud is under way."
        if operation:
            why = f"Google Cloud goes on with what it was asked for: {operation}."
        elif may_have_asked:
            why = "Its change may have been asked for just now; resume looks before it repeats."
        super().__init__(
            what=f"{self.signal_name} {during}.",
            why=why,
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            run="261123-104512-7f3a",
            during='during step 3 of 5, "Shift traffic of nhia-hrms-production-api"',
            operation="projects/nhia-hrms/locations/us-central1/operations/6c1f",
            may_have_asked=True,
        )


class RunTerminated(RunInterrupted):
    """The process was sent SIGTERM while a run was under way, as a cancelled CI job is.

    The record is closed properly, and what was asked of the cloud goes on there. `hrmsops resume
    RUN` goes on from any machine that sees the record.
    """

    code = "run-terminated"
    exit_code: ClassVar[ExitCode] = ExitCode.TERMINATED
    signal_name: ClassVar[str] = "SIGTERM"
