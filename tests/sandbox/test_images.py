"""Images are complete, unchangeable and known by what they hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hrmsops.errors.images import ImageFileRefused, ImageManifestInvalid, ImageNameInvalid
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.images import Images
from tests.sandbox.small_images import write_image

API = "us-central1-docker.pkg.dev/nhia-hrms/hrms/api"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "sandbox")
    home.prepare()
    return home


@pytest.fixture
def images(home: Home) -> Images:
    return Images(home)


def test_the_same_files_are_one_image_under_two_names(images: Images, tmp_path: Path) -> None:
    first = images.add(write_image(tmp_path / "a"), f"{API}:2024.1")
    second = images.add(write_image(tmp_path / "b"), API)

    assert first == second
    assert images.references() == {f"{API}:2024.1": first, f"{API}:latest": first}


def test_a_reference_is_a_tag_or_a_digest_and_latest_without_either(
    images: Images, tmp_path: Path
) -> None:
    old = images.add(write_image(tmp_path / "old", "print(1)"), f"{API}:2024.1")
    new = images.add(write_image(tmp_path / "new", "print(2)"), f"{API}:2024.1")

    assert images.resolve(f"{API}:2024.1") == new
    assert images.resolve(f"{API}@{old}") == old
    assert images.resolve(API) is None
    assert images.resolve(f"other/api@{old}") is None


def test_bytecode_and_the_time_of_a_file_are_not_part_of_an_image(
    images: Images, tmp_path: Path
) -> None:
    folder = write_image(tmp_path / "a")
    first = images.add(folder, API)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "serve.pyc").write_bytes(b"bytecode")
    os.utime(folder / "serve.py", (1, 1))

    assert images.add(folder, API) == first


def test_a_program_and_a_text_of_the_same_bytes_are_two_images(
    images: Images, tmp_path: Path
) -> None:
    folder = write_image(tmp_path / "a")
    first = images.add(folder, API)
    (folder / "serve.py").chmod(0o755)

    second = images.add(folder, API)

    assert second != first
    assert (images.folder(second) / "serve.py").stat().st_mode & 0o777 == 0o555
    assert (images.folder(first) / "serve.py").stat().st_mode & 0o777 == 0o444


def test_an_image_keeps_the_bytes_it_was_added_with(images: Images, tmp_path: Path) -> None:
    folder = write_image(tmp_path / "a", "first")
    digest = images.add(folder, API)

    (folder / "serve.py").write_text("second")

    assert (images.folder(digest) / "serve.py").read_text() == "first"
    assert images.manifest(digest).command == ("python", "serve.py")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret", "nowhere", "itself"])
def test_a_link_that_leads_out_or_nowhere_is_refused_and_nothing_is_added(
    images: Images, home: Home, tmp_path: Path, target: str
) -> None:
    (tmp_path / "secret").write_text("not yours")
    folder = write_image(tmp_path / "a" / "b")
    (folder / "itself").symlink_to(target)

    with pytest.raises(ImageFileRefused) as refused:
        images.add(folder, API)

    assert str(folder / "itself") in refused.value.what
    assert images.references() == {}
    assert list((home.images / "sha256").iterdir()) == []


def test_a_chain_of_links_cannot_climb_out(images: Images, tmp_path: Path) -> None:
    folder = write_image(tmp_path / "a")
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "inner").symlink_to("deep/er")
    (folder / "climb").symlink_to("inner/../../../outside")
    (tmp_path / "outside").write_text("not yours")

    with pytest.raises(ImageFileRefused):
        images.add(folder, API)


def test_a_link_within_the_image_is_kept(images: Images, tmp_path: Path) -> None:
    folder = write_image(tmp_path / "a")
    (folder / "settings").mkdir()
    (folder / "settings" / "main.py").symlink_to("../serve.py")

    stored = images.folder(images.add(folder, API))

    assert (stored / "settings" / "main.py").read_text() == (folder / "serve.py").read_text()


def test_a_pipe_is_refused(images: Images, tmp_path: Path) -> None:
    folder = write_image(tmp_path / "a")
    os.mkfifo(folder / "pipe")

    with pytest.raises(ImageFileRefused, match="pipe"):
        images.add(folder, API)


@pytest.mark.parametrize("manifest", [None, "{", '{"command": []}', '{"command": "python"}'])
def test_a_folder_without_a_command_is_no_image(
    images: Images, tmp_path: Path, manifest: str | None
) -> None:
    folder = write_image(tmp_path / "a")
    (folder / "image.json").unlink()
    if manifest:
        (folder / "image.json").write_text(manifest)

    with pytest.raises(ImageManifestInvalid):
        images.add(folder, API)


@pytest.mark.parametrize("name", ["", "Api", "../api", "/api", "api:", "api@sha256:00", "a//b"])
def test_a_name_no_registry_would_take_is_refused(
    images: Images, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ImageNameInvalid):
        images.add(write_image(tmp_path / "a"), name)


@pytest.mark.parametrize("digest", ["sha256:../../..", "sha256:" + "A" * 64, "latest"])
def test_what_is_no_digest_names_no_folder(images: Images, tmp_path: Path, digest: str) -> None:
    images.add(write_image(tmp_path / "a"), API)

    assert images.resolve(f"{API}@{digest}") is None
    with pytest.raises(ValueError, match="digest"):
        images.folder(digest)


def test_a_half_copied_image_is_swept_by_the_next_one(
    images: Images, home: Home, tmp_path: Path
) -> None:
    half = home.images / "sha256" / ".incoming"
    (half / "left").mkdir(parents=True)

    digest = images.add(write_image(tmp_path / "a"), API)

    assert [path.name for path in (home.images / "sha256").iterdir()] == [digest[7:]]


def test_a_removed_image_is_gone_with_its_names(images: Images, tmp_path: Path) -> None:
    digest = images.add(write_image(tmp_path / "a"), API)

    images.remove(digest)
    images.remove(digest)

    assert images.references() == {}
    assert images.resolve(f"{API}@{digest}") is None
    assert not images.folder(digest).exists()
