"""Why the connector or the Auth Proxy does not lead to a database."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError

_SECTION = "[environments.NAME.database]"


class NoSuchAddress(HrmsopsError):
    """The instance has no address of the kind that the connector is to use.

    `ip_type` says which: `public`, `private`, `psc` (Private Service Connect), or `auto`, the first
    of these that there is.
    """

    code: ClassVar[str] = "no-such-address"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, instance: str, wanted: str, there: tuple[str, ...]) -> None:
        has = " and ".join(there)
        mend = f'ip_type = "{there[0]}"' if there else 'via = "relay"'
        super().__init__(
            what=f"{instance} has no {'' if wanted == 'auto' else f'{wanted} '}address.",
            why=f"It has a {has} one." if there else "Cloud SQL tells of none.",
            fix=f"Set {mend} in {_SECTION}.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-0001", wanted="psc", there=("private",))


class ServerProxyUnreachable(HrmsopsError):
    """No encrypted connection to the instance's server side proxy came about.

    It listens on port 3307 of each of the instance's addresses. A private address, and one of
    Private Service Connect, is reached from inside its network alone: from elsewhere a relay leads
    there (`via = "relay"`). To a public one a firewall on your side may let nothing out on that
    port.
    """

    code: ClassVar[str] = "server-proxy-unreachable"

    def __init__(self, *, instance: str, address: str, kind: str, why: str) -> None:
        super().__init__(
            what=f"No way to {instance} at its {kind} address {address}.",
            why=why,
            fix=(
                f"Let connections to {address} out of this network."
                if kind == "public"
                else f'From outside of its network: via = "relay" in {_SECTION}, without --proxy.'
            ),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            instance="nhia-hrms-production-pg-0001",
            address="10.12.0.3:3307",
            kind="private",
            why="no answer within 20 s",
        )


class ClientNotAccepted(HrmsopsError):
    """The server side proxy ended the connection before the database said a word.

    The certificate that it was shown is no longer good, or the instance is just going down or
    coming up. The next attempt asks for a new certificate.
    """

    code: ClassVar[str] = "client-not-accepted"

    def __init__(self, *, instance: str) -> None:
        super().__init__(
            what=f"{instance} ended the connection before its database said a word.",
            why="It did not accept our certificate, or it is going down or coming up.",
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-0001")


class AuthProxyMissing(HrmsopsError):
    """`via = "proxy"` wants the Cloud SQL Auth Proxy, and its binary is not there.

    hrmsops takes `cloud-sql-proxy` (version 2) from PATH, else `cloud_sql_proxy` (version 1), or
    what `proxy_binary` names. The connector that hrmsops has built in needs no binary.
    """

    code: ClassVar[str] = "auth-proxy-missing"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, looked_for: str, why: str) -> None:
        super().__init__(
            what=f"The Cloud SQL Auth Proxy cannot be started: {looked_for}.",
            why=why,
            fix=(
                "gcloud components install cloud-sql-proxy, "
                f'or set via = "connector" in {_SECTION}.'
            ),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            looked_for="cloud-sql-proxy or cloud_sql_proxy",
            why="Neither is found on PATH.",
        )


class AuthProxyFailed(HrmsopsError):
    """The Cloud SQL Auth Proxy ended, did not come up, or could not connect: `why` has its words.

    It acts as its own login, not as hrmsops's: version 2 as the Application Default Credentials,
    version 1 as the file in GOOGLE_APPLICATION_CREDENTIALS, else as gcloud's active account.
    """

    code: ClassVar[str] = "auth-proxy-failed"

    def __init__(self, *, binary: str, instance: str, why: str) -> None:
        super().__init__(
            what=f"{binary} does not lead to {instance}.",
            why=why or "It said nothing.",
            fix=f'Set via = "connector" in {_SECTION} to do without it.',
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            binary="cloud_sql_proxy",
            instance="nhia-hrms-production-pg-0001",
            why="dial tcp 34.71.4.9:3307: connect: connection timed out",
        )
