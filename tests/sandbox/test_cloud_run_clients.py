"""google-cloud-run itself, over REST: the same calls from a witness that we did not write."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core.exceptions import Conflict, NotFound
from google.cloud import run_v2
from google.protobuf.field_mask_pb2 import FieldMask

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT
from tests.fixtures.sandboxes import deploy
from tests.sandbox.bearer import bearer

State = run_v2.Condition.State
To = run_v2.TrafficTargetAllocationType


@pytest.fixture
def services(sandbox: Client) -> run_v2.ServicesClient:
    client: run_v2.ServicesClient = client_of(sandbox, "Services")
    return client


@pytest.fixture
def revisions(sandbox: Client) -> run_v2.RevisionsClient:
    client: run_v2.RevisionsClient = client_of(sandbox, "Revisions")
    return client


def ended(operation: Any) -> Any:
    """What an operation of Google's client comes to, or the exception that it raises."""
    return operation.result(20)


def test_googles_client_makes_a_service(
    services: run_v2.ServicesClient, images: dict[str, str], name: str
) -> None:
    template = run_v2.RevisionTemplate(containers=[run_v2.Container(image=images["echo"])])
    service = run_v2.Service(template=template)

    made = ended(services.create_service(parent=PARENT, service=service, service_id=name))

    assert made.name == f"{PARENT}/services/{name}"
    assert made.terminal_condition.state == State.CONDITION_SUCCEEDED
    assert made.traffic_statuses[0].type_ == To.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
    with pytest.raises(Conflict, match="already exists"):
        services.create_service(parent=PARENT, service=service, service_id=name)


def test_googles_client_shifts_traffic_with_the_etag_it_read(
    sandbox: Client,
    services: run_v2.ServicesClient,
    revisions: run_v2.RevisionsClient,
    images: dict[str, str],
    name: str,
) -> None:
    for greeting in ("one", "two"):
        deploy(sandbox, name, images["echo"], GREETING=greeting)
    listed = list(revisions.list_revisions(parent=f"{PARENT}/services/{name}"))
    service = services.get_service(name=f"{PARENT}/services/{name}")
    stale = service.etag
    target = run_v2.TrafficTarget(
        type_=To.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION,
        revision=listed[1].name.rpartition("/")[2],
        percent=100,
    )

    wanted = run_v2.Service(name=service.name, etag=stale, traffic=[target])
    mask = FieldMask(paths=["traffic"])
    after = ended(services.update_service(service=wanted, update_mask=mask))

    assert [status.revision for status in after.traffic_statuses] == [target.revision]
    assert after.observed_generation == after.generation == 3
    with pytest.raises(Conflict, match="Conflict for resource"):
        services.update_service(service=wanted, update_mask=mask)


def test_googles_client_pages_through_revisions(
    sandbox: Client, revisions: run_v2.RevisionsClient, images: dict[str, str], name: str
) -> None:
    for greeting in range(5):
        deploy(sandbox, name, images["echo"], GREETING=str(greeting))
    request = run_v2.ListRevisionsRequest(parent=f"{PARENT}/services/{name}", page_size=2)

    listed = list(revisions.list_revisions(request=request))

    numbers = [revision.name.rpartition("/")[2].split("-")[-2] for revision in listed]
    assert numbers == ["00005", "00004", "00003", "00002", "00001"]
    assert listed[0].conditions[0].state == State.CONDITION_SUCCEEDED


def test_googles_client_sees_a_failed_update_as_an_exception(
    sandbox: Client, services: run_v2.ServicesClient, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    target = run_v2.TrafficTarget(
        type_=To.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION, revision=f"{name}-00009-x", percent=100
    )
    wanted = run_v2.Service(name=f"{PARENT}/services/{name}", traffic=[target])

    operation = services.update_service(service=wanted, update_mask=FieldMask(paths=["traffic"]))

    with pytest.raises(Exception, match="does not exist or is deleted"):
        ended(operation)


def test_googles_client_sees_a_missing_service_as_not_found(
    services: run_v2.ServicesClient, name: str
) -> None:
    with pytest.raises(NotFound):
        services.get_service(name=f"{PARENT}/services/{name}")


def test_googles_client_runs_a_job(sandbox: Client, images: dict[str, str], name: str) -> None:
    jobs: run_v2.JobsClient = client_of(sandbox, "Jobs")
    task = run_v2.TaskTemplate(containers=[run_v2.Container(image=images["job"])], max_retries=0)
    job = run_v2.Job(template=run_v2.ExecutionTemplate(template=task))
    ended(jobs.create_job(parent=PARENT, job=job, job_id=name))

    execution = ended(jobs.run_job(name=f"{PARENT}/jobs/{name}"))

    assert execution.succeeded_count == 1
    assert jobs.get_job(name=f"{PARENT}/jobs/{name}").template.template.max_retries == 0


def test_a_deleted_service_is_gone_for_googles_client(
    sandbox: Client, services: run_v2.ServicesClient, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])

    ended(services.delete_service(name=f"{PARENT}/services/{name}"))

    with pytest.raises(NotFound):
        services.get_service(name=f"{PARENT}/services/{name}")


def client_of(sandbox: Client, kind: str) -> Any:
    """Google's client of Cloud Run's `kind`, pointed at the sandbox."""
    from google.cloud.run_v2.services import jobs, revisions, services

    modules = {"Services": services, "Revisions": revisions, "Jobs": jobs}
    transport = getattr(modules[kind].transports, f"{kind}RestTransport")
    address = sandbox.endpoint.removeprefix("http://")
    credentials = bearer("token")
    wire = transport(host=address, url_scheme="http", credentials=credentials)
    return getattr(run_v2, f"{kind}Client")(transport=wire)
