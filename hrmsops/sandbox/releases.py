"""The releases of the HRMS in miniature, each composed into one whole image folder."""

from __future__ import annotations

import shutil
from pathlib import Path

HRMS = Path(__file__).parent / "hrms"

# Each release is the base with these overlays on top, in this order: a file of a later one
# replaces the earlier one's, so an old image never holds a newer release's migrations.
RELEASES: dict[str, tuple[str, ...]] = {
    "2024.1": (),
    "2024.2": ("2024.2",),
    "2024.3-bad": ("2024.2", "2024.3-bad"),
    "2024.3-lossy": ("2024.2", "2024.3-lossy"),
    "2024.3-corrupting": ("2024.2", "2024.3-corrupting"),
    "2024.3-emptied": ("2024.2", "2024.3-emptied"),
}


def build(release: str, into: Path, *, called: str = "") -> Path:
    """Compose the image folder of `release` (a key of RELEASES) as the new folder `into`.

    It says of itself that it is `called` so, else by its key.
    """
    layers = [HRMS / "base", *(HRMS / "overlays" / name for name in RELEASES[release])]
    for layer in layers:
        # An installer may have compiled the package's files where they lie.
        shutil.copytree(
            layer, into, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    (into / "RELEASE").write_text(f"{called or release}\n", encoding="utf-8")
    return into
