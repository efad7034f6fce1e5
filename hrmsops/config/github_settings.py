"""What the workflows of `init --github` have to know of an environment."""

from __future__ import annotations

import re
from typing import Annotated

from hrmsops.config.section import Section
from hrmsops.config.setting import setting

PROVIDER = re.compile(
    r"projects/\d+/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}"
)
ACCOUNT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z0-9.-]+\.gserviceaccount\.com")
IMAGE = re.compile(r"[a-z0-9][a-z0-9.-]*(?::\d+)?(?:/[a-z0-9][a-z0-9._-]*)+")


def provider(value: str) -> str | None:
    """The full name, as `gcloud iam workload-identity-pools providers describe` has it."""
    if PROVIDER.fullmatch(value):
        return None
    return (
        "it is projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER, "
        "the project by its number"
    )


def account(value: str) -> str | None:
    """A service account by its address."""
    good = ACCOUNT.fullmatch(value)
    return None if good else "a service account is NAME@PROJECT.iam.gserviceaccount.com"


def image(value: str) -> str | None:
    """A repository without a tag or a digest: which image it is, each deploy says."""
    good = IMAGE.fullmatch(value)
    return None if good else "it is HOST/PROJECT/REPOSITORY/NAME without a tag or a digest"


class Github(Section, frozen=True, kw_only=True):
    """How the workflows of `init --github` log in to the environment, and what they deploy."""

    identity_provider: Annotated[
        str,
        setting(
            "the workload identity provider that trusts this repository.",
            sample="projects/123456789/locations/global/workloadIdentityPools/github/providers/hrms",
            rule=provider,
        ),
    ]
    service_account: Annotated[
        str,
        setting(
            "the account that the workflows act as.",
            sample="hrmsops@nhia-hrms.iam.gserviceaccount.com",
            rule=account,
        ),
    ]
    image: Annotated[
        str,
        setting(
            "where a deploy pushes the image that it builds.",
            sample="us-central1-docker.pkg.dev/nhia-hrms/hrms/api",
            rule=image,
        ),
    ]
