"""The actions that the workflows use, each by the commit that its tag stood for when we looked."""

from __future__ import annotations

PINNED = {
    "checkout": ("actions/checkout", "de0fac2e4500dabe0009e67214ff5f5447ce83dd", "v6.0.2"),
    "setup_python": ("actions/setup-python", "a309ff8b426b58ec0e2a45f0f869d46889d02405", "v6.2.0"),
    "upload": ("actions/upload-artifact", "b7c566a772e6b6bfb58ed0dc250532a479d7789f", "v6.0.0"),
    "download": ("actions/download-artifact", "37930b1c2abaa49bbe596cd826c3c89aef350131", "v7.0.0"),
    "login": ("google-github-actions/auth", "7c6bc770dae815cd3e89ee6cdf493a5fab2cc093", "v3.0.0"),
    "gcloud": (
        "google-github-actions/setup-gcloud",
        "aa5489c8933f4cc7a4f7d45035b3b1440c9c10db",
        "v3.0.1",
    ),
    "sarif": (
        "github/codeql-action/upload-sarif",
        "cdefb33c0f6224e58673d9004f47f7cb3e328b89",
        "",  # Which tag it is, we did not find out.
    ),
}
ACTIONS = {
    name: f"{action}@{commit}" + (f" # {tag}" if tag else "")
    for name, (action, commit, tag) in PINNED.items()
}
"""As they stand after `uses:`."""
