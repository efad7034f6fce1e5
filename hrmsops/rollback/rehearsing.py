"""A rehearsal of a reverse: on an empty copy of the schema, in a scratch server on this machine."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.migrate import MigrationFailed, in_words
from hrmsops.rollback.migration_facts import Rehearsal, ReversalFacts, Reverse
from hrmsops.steps.schema.agents import app_roles
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.django.bridge import Agent, Limits
    from hrmsops.postgres.cluster import Cluster

DATABASE = "rehearsal"
START_SECONDS_MAX = 60.0
NO_SERVER = "this machine has no PostgreSQL to try it on (hrmsops[sandbox] brings one)"


def rehearse(world: World, facts: ReversalFacts, limits: Limits) -> Rehearsal:
    """Apply what production has to an empty database, then take back what has to go.

    Where it cannot be tried the answer says why: that is no reason against the reverse.
    """
    began = time.monotonic()
    try:
        with _scratch() as cluster:
            return _tried(world, facts, cluster, limits, began)
    except ModuleNotFoundError:
        return Rehearsal(is_done=False, why=NO_SERVER)
    except HrmsopsError as error:
        return Rehearsal(is_done=False, why=f"{error.what} {error.why}")


def _tried(
    world: World, facts: ReversalFacts, cluster: Cluster, limits: Limits, began: float
) -> Rehearsal:
    agent = _agent(world, cluster, _populated(world, cluster), limits)
    try:
        agent.ready(_unheard)
        agent.ask("build", _unheard, migrations=list(facts.applied))
        for each in facts.reverses:
            try:
                _take_back(agent, each, facts.reverses)
            except MigrationFailed as error:
                why = in_words(error.facts)
                return Rehearsal(
                    is_done=True, failed=each.full_name, why=f"{why[:1].upper()}{why[1:]}."
                )
    finally:
        agent.close()
    return Rehearsal(is_done=True, seconds=round(time.monotonic() - began, 1))


def _take_back(agent: Agent, each: Reverse, plan: tuple[Reverse, ...]) -> None:
    agent.ask(
        "reverse",
        _unheard,
        app=each.app,
        name=each.name,
        fingerprint=each.fingerprint,
        plan=[[one.app, one.name] for one in plan],
        repeat=False,
    )


def _unheard(event: dict[str, Any]) -> None:
    """Nobody waits for anything there."""


@contextmanager
def _scratch() -> Iterator[Cluster]:
    """A server for a moment; nothing is left of it. Raises PostgresNotFound."""
    from hrmsops.postgres.binaries import find_binaries
    from hrmsops.postgres.cluster import Cluster
    from hrmsops.postgres.server_account import ServerAccount, remove_stand_in

    account = ServerAccount.of_this_process()
    binaries = find_binaries(account)
    with tempfile.TemporaryDirectory(prefix="hrmsops-rehearsal-") as folder:
        wanted = Path(folder) / "servers"
        cluster = Cluster(
            account.folder_for(wanted) / "rehearsal",
            binaries=binaries,
            account=account,
            password=secrets.token_urlsafe(24),
        )
        try:
            cluster.create(timeout_seconds=START_SECONDS_MAX)
            yield cluster
        finally:
            cluster.destroy()
            remove_stand_in(wanted)


def _populated(world: World, cluster: Cluster) -> str:
    """An empty database, and the roles that migrations may grant to; a password for it."""
    from psycopg import sql

    from hrmsops.postgres.passwords import set_password
    from hrmsops.postgres.template import SUPERUSER

    password = secrets.token_urlsafe(24)
    database = world.environment.database
    named = (database.owner_role, database.user) if database else ()
    roles = dict.fromkeys(role for role in (*named, *app_roles(world)) if role)
    with cluster.connect("postgres") as session:
        for role in roles:
            session.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        set_password(session, SUPERUSER, password)
    return password


def _agent(world: World, cluster: Cluster, password: str, limits: Limits) -> Agent:
    from hrmsops.django.bridge import Agent, Login, Origin
    from hrmsops.postgres.template import SUPERUSER

    return Agent(
        world.project,
        Login(
            host="127.0.0.1",
            port=cluster.port,
            name=DATABASE,
            user=SUPERUSER,
            password=password,
            role="",
        ),
        limits=limits,
        origin=Origin(run="rehearsal", operator=world.operator.account, image="", commit=""),
        app_roles=(),
        lock=False,
        lock_wait=timedelta(0),
    )
