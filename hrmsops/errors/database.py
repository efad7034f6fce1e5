"""Why a session with a database is not there, or is not what was asked for."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class DatabaseUnreachable(HrmsopsError):
    """No server answered at the database's address.

    The network, a firewall, a private address without a way to it, or an instance that is stopped:
    the login was never looked at. `status` says what the instance itself reports.
    """

    code: ClassVar[str] = "database-unreachable"

    def __init__(self, *, address: str, said: str) -> None:
        super().__init__(
            what=f"No PostgreSQL server answers at {address}.",
            why=said,
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(address="10.12.0.3:5432", said="Connection refused")


class DatabaseCredentialsRefused(HrmsopsError):
    """The server answered and did not accept the role or its password.

    The password may have been rotated, or the role may not exist on this instance: a clone has the
    roles and passwords of the moment that it was made of. An IAM login is a user of the instance
    as well, and its account needs cloudsql.instances.login (`roles/cloudsql.instanceUser`).
    """

    code: ClassVar[str] = "database-credentials-refused"
    exit_code: ClassVar[ExitCode] = ExitCode.UNAUTHORISED

    def __init__(self, *, user: str, address: str, said: str, source: str = "") -> None:
        place = source or "the source that hrmsops.toml names"
        super().__init__(
            what=f"{address} did not let {user} in.",
            why=said,
            fix=(
                f"gcloud sql users create {user} --type=cloud_iam_user --instance INSTANCE"
                if source.startswith("IAM")
                else f"Put the right password where it came from: {place}."
            ),
        )

    @classmethod
    def example(cls) -> Self:
        said = 'password authentication failed for user "hrms_ops"'
        return cls(
            user="hrms_ops",
            address="10.12.0.3:5432",
            said=said,
            source="the variable HRMSOPS_PASSWORD",
        )


class RoleFenced(HrmsopsError):
    """The role exists, its password is right, and it may not log in.

    That is what a fence does (`ALTER ROLE … NOLOGIN`): the database was superseded by a recovered
    one, and whoever still writes to it would write for nothing.
    """

    code: ClassVar[str] = "role-fenced"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, user: str, address: str) -> None:
        super().__init__(
            what=f"{user} may not log in at {address}.",
            why="The role has NOLOGIN, as the roles of a fenced database have.",
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(user="hrms_app", address="10.12.0.3:5432")


class DatabaseMissing(HrmsopsError):
    """The server answered, the login is right, and there is no database of that name."""

    code: ClassVar[str] = "database-missing"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, database: str, address: str) -> None:
        super().__init__(
            what=f"There is no database {database} at {address}.",
            why="The server answered and does not know it.",
            fix="Name the database in [environments.NAME.database] of hrmsops.toml.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(database="hrms", address="10.12.0.3:5432")


class DatabaseStartingUp(HrmsopsError):
    """The server runs and takes no sessions yet, or no more: it starts, recovers or stops.

    After a failover or a restore that passes by itself. Ask again in a minute.
    """

    code: ClassVar[str] = "database-starting-up"

    def __init__(self, *, address: str, said: str) -> None:
        super().__init__(
            what=f"The server at {address} takes no sessions now.",
            why=said,
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(address="10.12.0.3:5432", said="the database system is starting up")


class DatabaseFull(HrmsopsError):
    """All of the server's connections are taken.

    A revision with too many instances, or a pool that does not give back: end idle sessions, or
    wait. hrmsops needs two or three.
    """

    code: ClassVar[str] = "database-full"

    def __init__(self, *, address: str, said: str) -> None:
        super().__init__(
            what=f"The server at {address} has no connection left.",
            why=said,
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(address="10.12.0.3:5432", said="sorry, too many clients already")


class DatabaseRefused(HrmsopsError):
    """The server answered and refused the session for a reason of its own, which it states."""

    code: ClassVar[str] = "database-refused"

    def __init__(self, *, address: str, said: str) -> None:
        super().__init__(
            what=f"The server at {address} refused the session.",
            why=said,
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        said = 'permission denied for database "hrms"'
        return cls(address="10.12.0.3:5432", said=said)


class PoolerInTheWay(HrmsopsError):
    """Between hrmsops and the server stands a connection pooler.

    Through PgBouncer and its like a session's settings (timeouts, role) reach other clients, and a
    lock can be granted twice. Nothing was set: the session was closed at once. Give the address of
    the instance itself.
    """

    code: ClassVar[str] = "pooler-in-the-way"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, address: str) -> None:
        super().__init__(
            what=f"{address} is a connection pooler.",
            why="The server's process is not the one that was announced when connecting.",
            fix="Point via or the instance in hrmsops.toml at the server's own port.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(address="10.12.0.3:6432")


class SessionNotAsAsked(HrmsopsError):
    """A setting of the session was read back, and it is not what was set.

    No statement of ours runs without its timeouts or as another role. The session was closed.
    """

    code: ClassVar[str] = "session-not-as-asked"

    def __init__(self, *, address: str, differing: tuple[str, ...]) -> None:
        super().__init__(
            what=f"The session with {address} is not as it was asked for.",
            why=f"Read back: {', '.join(differing)}.",
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(address="10.12.0.3:5432", differing=("statement_timeout is 0, not 30000",))


class OwnerRoleRefused(HrmsopsError):
    """The login may not take on the role that owns the tables.

    `owner_role` in hrmsops.toml is set after connecting, so that what is created belongs to it. The
    login must be a member of it.
    """

    code: ClassVar[str] = "owner-role-refused"
    exit_code: ClassVar[ExitCode] = ExitCode.UNAUTHORISED

    def __init__(self, *, user: str, owner_role: str, said: str) -> None:
        super().__init__(
            what=f"{user} could not become {owner_role}.",
            why=said,
            fix=f'GRANT "{owner_role}" TO "{user}";',
        )

    @classmethod
    def example(cls) -> Self:
        said = 'permission denied to set role "hrms_app"'
        return cls(user="hrms_ops", owner_role="hrms_app", said=said)


class StatementFailed(HrmsopsError):
    """The database ended a statement of ours: a timeout, a missing right, a lost connection.

    Nothing was changed. Only the code is shown, since the server's words can quote a row. 57014 is
    a statement timeout, 55P03 a lock that was not had in time, 42501 a missing right, 57P01 a
    session that somebody ended.
    """

    code: ClassVar[str] = "statement-failed"

    def __init__(self, *, address: str, sqlstate: str | None, kind: str) -> None:
        super().__init__(
            what=f"{address} ended a statement.",
            why=f"SQLSTATE {sqlstate} ({kind})." if sqlstate else f"The connection broke ({kind}).",
            fix="hrmsops status",
        )
        self.sqlstate = sqlstate

    @classmethod
    def example(cls) -> Self:
        return cls(address="10.12.0.3:5432", sqlstate="57014", kind="QueryCanceled")


class TableUnknown(HrmsopsError):
    """A table or column that was named is not in the database."""

    code: ClassVar[str] = "table-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, names: tuple[str, ...], database: str, near: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{database} has no {', '.join(names)}.",
            why=f"The nearest names are {', '.join(near)}." if near else "No name is near.",
            fix="Correct the names given to --tables or --columns.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(names=("payroll_payslips",), database="hrms", near=("payroll_payslip",))
