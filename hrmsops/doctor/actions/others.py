"""What is done in Google's other products."""

from __future__ import annotations

from hrmsops.doctor.action import Action
from hrmsops.doctor.commands import (
    AFTER,
    CHANGES,
    HOLD,
    KEPT,
    READING,
    RECOVERIES,
    ROWS,
    SHIFTS,
    TOLD,
)

ACTIONS = (
    Action(
        does="pause and enable schedulers",
        permissions=(
            "cloudscheduler.jobs.get",
            "cloudscheduler.jobs.pause",
            "cloudscheduler.jobs.enable",
        ),
        roles=("roles/cloudscheduler.admin",),
        commands=RECOVERIES | HOLD,
        only_if="schedulers",
    ),
    Action(
        does="pause and resume queues",
        permissions=(
            "cloudtasks.queues.get",
            "cloudtasks.queues.pause",
            "cloudtasks.queues.resume",
        ),
        roles=("roles/cloudtasks.queueAdmin",),
        commands=RECOVERIES | HOLD,
        only_if="queues",
    ),
    Action(
        does="read the record in its bucket",
        permissions=("storage.objects.get", "storage.objects.list"),
        roles=("roles/storage.objectViewer",),
        commands=READING | TOLD,
        on="bucket",
        only_if="a shared store",
    ),
    Action(
        does="keep the record in its bucket",
        permissions=(
            "storage.objects.create",
            "storage.objects.delete",
            "storage.objects.get",
            "storage.objects.list",
        ),
        roles=("roles/storage.objectUser",),
        commands=CHANGES | KEPT,
        on="bucket",
        only_if="a shared store",
    ),
    Action(
        does="see what the bucket does with what is kept in it",
        permissions=("storage.buckets.get",),
        roles=("roles/storage.bucketViewer",),
        commands=CHANGES | KEPT,
        on="bucket",
        only_if="a shared store",
        without="doctor cannot tell whether the bucket lets a lease be written over",
    ),
    Action(
        does="read a password from Secret Manager",
        permissions=("secretmanager.versions.access",),
        roles=("roles/secretmanager.secretAccessor",),
        commands=ROWS | AFTER,
        only_if="a secret",
    ),
    Action(
        does="count the requests of each revision",
        permissions=("monitoring.timeSeries.list",),
        roles=("roles/monitoring.viewer",),
        commands=SHIFTS | {"status"},
        without="what served before is told by other evidence",
    ),
    Action(
        does="see whether images are still in the registry",
        permissions=("artifactregistry.dockerimages.get", "run.revisions.get"),
        roles=("roles/artifactregistry.reader", "roles/run.viewer"),
        commands=SHIFTS,
        without="doctor cannot tell whether old revisions could start",
    ),
    Action(
        does="see which APIs are enabled",
        permissions=("serviceusage.services.list",),
        roles=("roles/serviceusage.serviceUsageViewer",),
        commands=CHANGES,
        without="doctor cannot tell which APIs are enabled",
    ),
)
