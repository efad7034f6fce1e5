"""One HTTP request to an application, and what its answer says about health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    import requests

Verdict = Literal["healthy", "unhealthy", "unprobed"]

SECONDS_MAX = 10.0

# Django's DisallowedHost, a closed IAM policy, an internal ingress: the door, not the house.
_NOT_LET_IN = {
    400: "the application does not accept this host name",
    401: "the service asks for credentials",
    403: "the service asks for credentials",
    404: "the path is not served here, or only inside the network",
}


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one path: `status` None where no answer came; `why` in words."""

    path: str
    status: int | None
    verdict: Verdict
    why: str
    seconds: float


def judge(status: int) -> tuple[Verdict, str]:
    """What an HTTP status says about health."""
    if status in _NOT_LET_IN:
        return "unprobed", f"{status}: {_NOT_LET_IN[status]}"
    return ("healthy" if status < 400 else "unhealthy"), str(status)


class Prober:
    """Looks at URLs over one connection; redirects are answers, not detours."""

    def __init__(self) -> None:
        self._kept: requests.Session | None = None

    def look(self, url: str, path: str, *, host: str = "") -> Probe:
        """GET `url` + `path`, with `host` as Host where it is given; never raises."""
        import time

        import requests

        began = time.monotonic()
        try:
            answer = self._session(url).get(
                url.rstrip("/") + path,
                headers={"Host": host} if host else {},
                timeout=SECONDS_MAX,
                allow_redirects=False,
            )
            status: int | None = answer.status_code
            verdict, why = judge(answer.status_code)
        except requests.RequestException as error:
            status, verdict, why = None, "unhealthy", _reason(error)
        seconds = round(time.monotonic() - began, 3)
        return Probe(path=path, status=status, verdict=verdict, why=why, seconds=seconds)

    def _session(self, url: str) -> requests.Session:
        import requests

        if self._kept is None:
            self._kept = requests.Session()
            self._kept.headers["User-Agent"] = "hrmsops-probe"
        # A proxy of the surroundings cannot reach a sandbox on this machine.
        self._kept.trust_env = "//127.0.0.1" not in url
        return self._kept


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.Timeout):
        return f"no answer within {SECONDS_MAX:.0f} s"
    return "the connection failed"
