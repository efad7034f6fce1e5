"""What can be wrong with a folder that is to become an image of the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class ImageNameInvalid(HrmsopsError):
    """An image was given a name that no container registry would take.

    A name is a path of lower-case words, and a tag may follow after a colon. Digests are not given:
    they follow from the image's files.
    """

    code: ClassVar[str] = "image-name-invalid"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, name: str) -> None:
        super().__init__(
            what=f"{name!r} cannot be an image's name.",
            why="A name is lower-case words joined by '/', then ':' and a tag.",
            fix="hrmsops sandbox image add DIR us-central1-docker.pkg.dev/nhia-hrms/hrms/api:1",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(name="HRMS api:latest")


class ImageManifestInvalid(HrmsopsError):
    """A folder is not an image, since its `image.json` is absent or says something else.

    The manifest is a JSON object with the command that starts the container, such as
    `{"command": ["python", "serve.py"], "port_env": "PORT"}`. `port_env` (the variable that carries
    the port to listen on) and `env` (variables that the image sets) may be left out.
    """

    code: ClassVar[str] = "image-manifest-invalid"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, folder: Path, reason: str) -> None:
        super().__init__(
            what=f"{folder} has no manifest that can be used.",
            why=f"image.json: {reason}.",
            fix='Write {"command": ["python", "serve.py"]} into ' + str(folder / "image.json"),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path("release"), reason="there is no such file")


class ImageFileRefused(HrmsopsError):
    """A folder holds something that an image cannot carry.

    An image is complete in itself: a symbolic link must be relative and lead to something inside of
    the folder, and sockets, pipes and devices have no bytes to be copied. Nothing was added.
    """

    code: ClassVar[str] = "image-file-refused"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, path: Path, reason: str) -> None:
        super().__init__(
            what=f"{path} cannot be part of an image.",
            why=f"It is {reason}.",
            fix=f"Remove it, or put a copy of what it means in its place: {path}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(path=Path("release/settings.py"), reason="a link that leads out of the image")


class ReleaseUnknown(HrmsopsError):
    """The HRMS in miniature has no release of that name."""

    code = "release-unknown"
    exit_code = ExitCode.USAGE

    def __init__(self, *, release: str, known: tuple[str, ...]) -> None:
        super().__init__(
            what=f"There is no release {release}.",
            why=f"There are {', '.join(known)}.",
            fix=f"--release {known[-1]}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(release="2024.9", known=("2024.1", "2024.2"))


class FolderNotEmpty(HrmsopsError):
    """A folder that files were to be written into holds some already; none is overwritten."""

    code = "folder-not-empty"
    exit_code = ExitCode.USAGE

    def __init__(self, *, folder: Path) -> None:
        super().__init__(
            what=f"{folder} is not empty.",
            why="What is in it would be mixed with the new files.",
            fix="Name a folder that is new or empty.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder=Path("/home/oncall/hrms"))
