"""Close the application's roles on an instance, prove it, and open them again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.cutover import CloneUsersDiffer
from hrmsops.errors.recovery import FenceNotProven, RoleUnknown
from hrmsops.gcp.bindings import passwords_of
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.fence import Fence, RoleState
    from hrmsops.postgres.session import Target

PATIENCE = timedelta(seconds=30)
"""For sessions of closed roles to end; a transaction that is rolled back takes its time."""


class CloseRoles(Step[World], frozen=True, kw_only=True):
    """No application logs in at `instance` any more: NOLOGIN, sessions ended, tried by each route.

    `revision` (in full) is one whose template holds the roles' passwords: an attempt with a wrong
    password would prove nothing. What was found is written on the roles themselves.
    """

    instance: str
    roles: tuple[str, ...]
    revision: str

    def find(self, world: World, run: Run) -> Result | None:
        proofs = run.noted(run.at_step).get("proofs")
        if not proofs or not _are_closed(world, run, self.instance, self.roles):
            return None
        told = run.noted(run.at_step)
        return {
            "roles": list(self.roles),
            "proofs": proofs,
            "sessions_ended": told["sessions_ended"],
            "findings": [f"not let in: {', '.join(proofs)}", *told["others"]],
        }

    def apply(self, world: World, run: Run) -> Result:
        fence = self._fence(world, run)
        run.note(
            proofs=list(fence.proofs),
            sessions_ended=fence.sessions_ended,
            others=[f"{each} may log in and is a member" for each in self._others(world, fence)],
        )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """Open again what a fence that could not be proven has closed."""
        open_roles(world, run, self.instance, self.roles)
        return True

    def _fence(self, world: World, run: Run) -> Fence:
        from hrmsops.postgres.fence import fence

        seen = world.cloud_sql.instance(self.instance)
        name = f"hrmsops {run.id}"
        passwords = passwords_of(world.run_documents.template(self.revision))

        def routes(role: str) -> tuple[Target, ...]:
            return world.routes(seen, role, passwords=passwords, application_name=name)

        return fence(
            world.admin_target(seen, application_name=name),
            self.roles,
            reader=world.target(seen, application_name=name),
            routes=routes,
            run=run.id,
            patience=PATIENCE,
        )

    def _others(self, world: World, fence: Fence) -> list[str]:
        """Logins that may still write by their membership, hrmsops's own left out."""
        database = world.environment.database
        assert database is not None, "The fence has logged in with it."
        return [each for each in fence.members if each not in (database.user, database.admin_user)]


class FenceDatabase(CloseRoles, frozen=True, kw_only=True):
    """The cutover's fence around the old database: from here on nobody writes to it."""

    name: ClassVar[str] = "fence-database"
    loses_data: ClassVar[bool] = True

    def sentence(self) -> str:
        return f"Fence {self.instance}: {', '.join(self.roles)} may not log in, and prove it"


class QuarantineClone(CloseRoles, frozen=True, kw_only=True):
    """Nobody writes to a recovered database before it is meant to serve.

    That the server knows a role and its password, and refuses it for NOLOGIN alone, proves as well
    that the application's credentials are right there.
    """

    name: ClassVar[str] = "quarantine-clone"

    def sentence(self) -> str:
        return f"Keep {', '.join(self.roles)} out of {self.instance} until it serves"

    def apply(self, world: World, run: Run) -> Result:
        try:
            return super().apply(world, run)
        except RoleUnknown as error:
            findings: tuple[str, ...] = (error.what,)
            raise CloneUsersDiffer(instance=self.instance, findings=findings) from error
        except FenceNotProven as error:
            if "database-credentials-refused" not in error.why:
                raise
            raise CloneUsersDiffer(instance=self.instance, findings=(error.why,)) from error


class OpenDatabase(Step[World], frozen=True, kw_only=True):
    """Give the application's roles back what closing them has found."""

    name: ClassVar[str] = "open-database"

    instance: str
    roles: tuple[str, ...]

    def sentence(self) -> str:
        return f"Let {', '.join(self.roles)} log in at {self.instance}"

    def find(self, world: World, run: Run) -> Result | None:
        states = _states(world, run, self.instance, self.roles)
        if any(state.mark for state in states):
            return None
        return {"roles": [state.role for state in states if state.can_log_in]}

    def apply(self, world: World, run: Run) -> Result:
        open_roles(world, run, self.instance, self.roles)
        return {}


def open_roles(world: World, run: Run, instance: str, roles: tuple[str, ...]) -> None:
    """Lift whatever stands around `instance`; a role without a mark is left alone."""
    from hrmsops.postgres.fence import unfence

    seen = world.cloud_sql.instance(instance)
    unfence(world.admin_target(seen, application_name=f"hrmsops {run.id}"), roles)


def _are_closed(world: World, run: Run, instance: str, roles: tuple[str, ...]) -> bool:
    states = _states(world, run, instance, roles)
    return bool(states) and not any(state.can_log_in or state.sessions for state in states)


def _states(world: World, run: Run, instance: str, roles: tuple[str, ...]) -> tuple[RoleState, ...]:
    from hrmsops.postgres.fence import is_fenced

    seen = world.cloud_sql.instance(instance)
    return is_fenced(world.admin_target(seen, application_name=f"hrmsops {run.id}"), roles)
