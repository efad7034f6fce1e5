"""Cloud Scheduler v1: jobs that call a URL on their schedule unless they are paused."""

from __future__ import annotations

import re
from datetime import datetime

from hrmsops.sandbox.api import ApiError, Request, invalid, paged
from hrmsops.sandbox.cloud_run.cloud import PARENT
from hrmsops.sandbox.cloud_run.masks import merged
from hrmsops.sandbox.cloud_run.names import check_place
from hrmsops.sandbox.scheduling import calls, cron
from hrmsops.sandbox.scheduling.cloud import JOBS, Scheduling
from hrmsops.sandbox.state import Json

ENABLED, PAUSED = "ENABLED", "PAUSED"
ATTEMPT_DEADLINE = "180s"
_WRITABLE = ("description", "schedule", "timeZone", "httpTarget", "retryConfig", "attemptDeadline")
_ID = re.compile(r"[A-Za-z0-9_-]{1,500}")


def get(cloud: Scheduling, request: Request) -> Json:
    """jobs.get."""
    return _existing(cloud, request)


def list_(cloud: Scheduling, request: Request) -> Json:
    """jobs.list: by name."""
    check_place(request.names["project"], request.names["location"])
    return paged("jobs", sorted(cloud.state.under(JOBS), key=lambda job: str(job["name"])), request)


def create(cloud: Scheduling, request: Request) -> Json:
    """jobs.create: the name is in the body; a job begins ENABLED."""
    check_place(request.names["project"], request.names["location"])
    name = str(request.body.get("name", ""))
    prefix = f"{PARENT}/jobs/"
    if not name.startswith(prefix) or not _ID.fullmatch(name.removeprefix(prefix)):
        raise invalid("Job name must be formatted: projects/P/locations/L/jobs/J.")
    with cloud.state.change():
        if cloud.state.get(JOBS, name) is not None:
            raise ApiError(409, f"Job {name} already exists.", status="ALREADY_EXISTS")
        wanted = {field: request.body[field] for field in _WRITABLE if field in request.body}
        return _keep(cloud, {"name": name, "state": ENABLED, **wanted})


def patch(cloud: Scheduling, request: Request) -> Json:
    """jobs.patch: what `updateMask` names."""
    with cloud.state.change():
        job = _existing(cloud, request)
        mask = request.query.get("updateMask", "")
        wanted = merged(job, request.body, mask=mask, writable=_WRITABLE)
        kept = {key: value for key, value in job.items() if key not in _WRITABLE}
        return _keep(cloud, {**kept, **wanted})


def delete(cloud: Scheduling, request: Request) -> Json:
    """jobs.delete."""
    with cloud.state.change():
        cloud.state.delete(JOBS, _existing(cloud, request)["name"])
    return {}


def pause(cloud: Scheduling, request: Request) -> Json:
    """jobs.pause: an ENABLED one only."""
    return _turn(cloud, request, needed=ENABLED, into=PAUSED)


def resume(cloud: Scheduling, request: Request) -> Json:
    """jobs.resume: a PAUSED one only; what was due meanwhile is not made up for."""
    return _turn(cloud, request, needed=PAUSED, into=ENABLED)


def take_due(cloud: Scheduling) -> list[Json]:
    """The jobs that are due now; each is put on its next moment before this returns."""
    now = cloud.distance.now()
    due = []
    with cloud.state.change():
        for job in cloud.state.under(JOBS):
            if job["state"] != ENABLED or datetime.fromisoformat(job["scheduleTime"]) > now:
                continue
            due.append(dict(job))
            job["lastAttemptTime"] = cloud.distance.timestamp()
            cloud.state.put(JOBS, job["name"], {**job, **_next(cloud, job)})
    return due


def moments(cloud: Scheduling) -> list[datetime]:
    """When each job that is not paused is due."""
    enabled = [job for job in cloud.state.under(JOBS) if job["state"] == ENABLED]
    return [datetime.fromisoformat(job["scheduleTime"]) for job in enabled]


def attempt(cloud: Scheduling, job: Json) -> None:
    """Make the call of a job that was due, and keep what came of it. Never tried again."""
    outcome = calls.call(
        cloud.state,
        job["httpTarget"],
        url="uri",
        headers={
            "User-Agent": "Google-Cloud-Scheduler",
            "X-CloudScheduler": "true",
            "X-CloudScheduler-JobName": job["name"].rpartition("/")[2],
            "X-CloudScheduler-ScheduleTime": job["scheduleTime"],
        },
        deadline=job["attemptDeadline"],
    )
    with cloud.state.change():
        now = cloud.state.get(JOBS, job["name"])
        if now is not None:
            cloud.state.put(JOBS, job["name"], {**now, "status": outcome.status})


def _existing(cloud: Scheduling, request: Request) -> Json:
    check_place(request.names["project"], request.names["location"])
    job = cloud.state.get(JOBS, f"{PARENT}/jobs/{request.names['job']}")
    if job is None:
        raise ApiError(404, "Job not found.")
    return job


def _turn(cloud: Scheduling, request: Request, *, needed: str, into: str) -> Json:
    with cloud.state.change():
        job = _existing(cloud, request)
        if job["state"] != needed:
            raise ApiError(
                400, f"Job is not {needed}: it is {job['state']}.", status="FAILED_PRECONDITION"
            )
        return _keep(cloud, {**job, "state": into})


def _keep(cloud: Scheduling, job: Json) -> Json:
    calls.check(job.get("httpTarget"), url="uri")
    job = {"timeZone": "UTC", "attemptDeadline": ATTEMPT_DEADLINE, **job}
    calls.seconds(job["attemptDeadline"])
    job = {**job, **_next(cloud, job), "userUpdateTime": cloud.distance.timestamp()}
    cloud.state.put(JOBS, job["name"], job)
    return job


def _next(cloud: Scheduling, job: Json) -> Json:
    try:
        schedule = cron.parse(job.get("schedule", ""), zone=job["timeZone"])
        due = schedule.next_after(cloud.distance.now())
    except cron.NotASchedule as error:
        raise invalid("Schedule or time zone is invalid.", field_name="schedule") from error
    return {"scheduleTime": due.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
