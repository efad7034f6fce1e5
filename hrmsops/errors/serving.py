"""Why a deploy did not take effect."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class ImageNotServing(HrmsopsError):
    """`status --expect-image` was given an image, and not every request goes to it.

    The usual reason is a pin: after a rollback the traffic stays where it was led, a deploy makes
    a revision that nobody is sent to, and gcloud calls that a success. `hrmsops unpin` gives the
    traffic to the latest revision, once that one is healthy.
    """

    code = "image-not-serving"
    exit_code: ClassVar[ExitCode] = ExitCode.UNVERIFIED

    def __init__(self, *, digest: str, percent: int, why: str, fix: str) -> None:
        super().__init__(
            what=f"Of the requests {percent} % go to the image {digest}, not all.",
            why=why,
            fix=fix,
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            digest="sha256:9f2c11d0a4b7",
            percent=0,
            why="api-00003-ghi has it. The traffic is pinned: 100 % to api-00001-abc.",
            fix="hrmsops unpin -e production --reason 'the deploy is to serve'",
        )


class ImageWithoutDigest(HrmsopsError):
    """`--expect-image` was given a tag, or a digest that is none.

    What a tag means changes with the next push, so it proves nothing. A digest stands behind the @
    of the reference that a build or `gcloud artifacts docker images describe` prints.
    """

    code = "image-without-digest"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, given: str) -> None:
        super().__init__(
            what=f'"{given}" does not name one image for good.',
            why="It has no digest: sha256: and 64 hexadecimal digits, alone or behind an @.",
            fix=f"--expect-image sha256:{'0123' * 16}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(given="us-central1-docker.pkg.dev/nhia-hrms/hrms/api:2024.3")
