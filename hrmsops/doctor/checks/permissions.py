"""Each permission for each thing that is done, as IAM itself says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.action import Action
from hrmsops.doctor.check import Check, Finding, Topic, good, unknown, warning
from hrmsops.doctor.commands import IN_THE_CLOUD, RECORD, ROWS
from hrmsops.doctor.permissions import asked
from hrmsops.doctor.words import listed
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud import ResourceMissing

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.gcp.permissions import Permissions


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`held` by what the grant was asked on; `unasked`, why a resource could not be asked.

    `bucket` is that of the record, such as `gs://nhia-hrms-ops`, "" where it is in none.
    """

    project: str
    account: str
    commands: frozenset[str]
    actions: tuple[Action, ...]
    held: dict[str, frozenset[str]]
    unasked: dict[str, str] = {}
    bucket: str = ""


def look(around: Around) -> Seen:
    """The project first; of what is not granted there, the resources themselves."""
    from hrmsops.gcp.permissions import Permissions

    world = around.world
    actions = asked(world.environment, around.commands, way=_way(around))
    permissions = Permissions(world.clients, project=world.environment.project)
    held = {"project": permissions.on_project(_names(actions))}
    unasked = {}
    for on in ("service", "account", "bucket"):
        names = _asked_on(on, actions) - held["project"]
        try:
            held[on] = _ask(around, permissions, on, names) if names else frozenset()
        except HrmsopsError as error:
            unasked[on] = f"{error.what} {error.why}"
    return Seen(
        project=world.environment.project,
        account=world.clients.account,
        commands=around.commands,
        actions=actions,
        held=held,
        unasked=unasked,
        bucket=bucket_of(world.environment.store),
    )


def _ask(
    around: Around, permissions: Permissions, on: str, names: frozenset[str]
) -> frozenset[str]:
    world = around.world
    if on == "service":
        return permissions.on_service(world.service_name, names)
    if on == "bucket":
        from hrmsops.gcp.bucket import GcsStore

        url, project = world.environment.store, world.environment.project
        store = GcsStore.at(url, clients=world.clients, project=project)
        return store.held(names)
    revision = f"{world.service_name}/revisions/{around.service.service.serving}"
    account = world.run_documents.template(revision).get("serviceAccount", "")
    if not account:
        raise ResourceMissing(
            doing="tell as which account the service runs",
            why="It runs as the project's default account, which no document names.",
        )
    return permissions.on_account(account, names)


def _asked_on(on: str, actions: Iterable[Action]) -> frozenset[str]:
    """What a grant may be on a resource for; to be another account may be granted on that alone."""
    names = _names(each for each in actions if each.on == on)
    whole = _names(actions) if on == "account" else frozenset()
    return names | {each for each in whole if each.startswith("iam.")}


def bucket_of(store: str) -> str:
    """`gs://bucket` of a store in one, else ""."""
    is_one = store.startswith("gs://")
    return "/".join(store.split("/")[:3]) if is_one else ""


def _way(around: Around) -> str:
    if not around.commands & ROWS:
        return "direct"
    try:
        return around.world.ways.kind(around.instance)
    except HrmsopsError:
        return "direct"


def _names(actions: Iterable[Action]) -> frozenset[str]:
    return frozenset(name for each in actions for name in each.permissions)


def judge(seen: Seen) -> Iterator[Finding]:
    lacking = 0
    for action in seen.actions:
        if missing := _missing(action, seen):
            lacking += 1
            yield _lack(action, missing, seen)
    if granted := len(seen.actions) - lacking:
        yield good(
            f"{len(_names(seen.actions))} asked; may do {granted} of {len(seen.actions)} things"
        )


def _missing(action: Action, seen: Seen) -> list[str]:
    held = seen.held["project"] | seen.held.get(action.on, frozenset())
    held |= seen.held.get("account", frozenset())  # Whatever is deployed runs as that one.
    return [name for name in action.permissions if name not in held]


def _lack(action: Action, missing: list[str], seen: Seen) -> Finding:
    says = f"May not {action.does}: lacks {', '.join(missing)}"
    on = "account" if all(each.startswith("iam.") for each in missing) else action.on
    if why := seen.unasked.get(on):
        return unknown(f"{says} on the project, and the {on} could not be asked: {why}")
    needed = listed(sorted(action.commands & seen.commands))
    role = _role(action, missing[0])
    bucket = seen.bucket if action.on == "bucket" else ""
    mend = grant(seen.account, role=role, project=seen.project, bucket=bucket)
    if action.without:
        return warning(f"{says} ({needed}). Without it: {action.without}", mend)
    return Finding(state="bad", says=f"{says} ({needed})", mend=mend, is_unauthorised=True)


def _role(action: Action, permission: str) -> str:
    """The smallest that has it: IAM's own are in IAM's own roles."""
    own = f"roles/{permission.partition('.')[0]}."
    return next((each for each in action.roles if each.startswith(own)), action.roles[0])


def grant(account: str, *, role: str, project: str, bucket: str = "") -> str:
    """The command that grants a role on the project, or on a bucket alone."""
    kind = "serviceAccount" if account.endswith(".gserviceaccount.com") else "user"
    member = f"{kind}:{account}" if "@" in account else "user:YOU"
    of = f"storage buckets add-iam-policy-binding {bucket}" if bucket else ""
    words = of or f"projects add-iam-policy-binding {project}"
    return f"gcloud {words} --member={member} --role={role}"


CHECK = Check(
    title="permissions",
    topic=Topic.ACCESS,
    place=2,
    asks="Is each permission granted that the commands ask for?",
    commands=IN_THE_CLOUD | RECORD,
    look=look,
    judge=judge,
)
