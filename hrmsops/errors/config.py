"""What can be wrong with `hrmsops.toml` before anything else is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError

OTHERS_SHOWN_MAX = 8


def listed(names: Sequence[str], *, none: str = "none") -> str:
    """`a, b and c`, or the word for an empty list."""
    if len(names) < 2:
        return names[0] if names else none
    return f"{', '.join(names[:-1])} and {names[-1]}"


def others_sentence(others: Sequence[str]) -> str:
    """The paths of further mistakes in the same file, so that one look mends them all."""
    if not others:
        return ""
    shown = [*others[:OTHERS_SHOWN_MAX]]
    if len(others) > OTHERS_SHOWN_MAX:
        shown.append("others")
    mistakes = "1 more mistake" if len(others) == 1 else f"{len(others)} more mistakes"
    return f" The file has {mistakes}: {listed(shown)}."


class SettingError(HrmsopsError):
    """A mistake at one place of the configuration file."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(
        self, *, file: str, path: str, what: str, why: str, fix: str, others: Sequence[str] = ()
    ) -> None:
        self.file, self.path, self.others = file, path, tuple(others)
        super().__init__(
            what=f"{file}: {path} {what}", why=f"{why}{others_sentence(others)}", fix=fix
        )


class UnknownSetting(SettingError):
    """The configuration file has a key that hrmsops does not know, often a misspelt one.

    An unknown key is never skipped: a misspelt `protected` that is silently ignored would leave
    production without its protection. Every setting is listed in `docs/reference/configuration.md`.
    """

    code = "unknown-setting"

    def __init__(
        self,
        *,
        file: str,
        path: str,
        nearest: str | None,
        known: Sequence[str],
        others: Sequence[str] = (),
    ) -> None:
        section, _, key = path.rpartition(".")
        place = f"[{section}]" if section else file
        mend = f"rename {key} to {nearest}" if nearest else f"remove {key}"
        super().__init__(
            file=file,
            path=path,
            what="is not a setting.",
            why=f"{place} knows {listed(known)}.",
            fix=f"In {file}, {mend}.",
            others=others,
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            file="hrmsops.toml",
            path="environments.production.regon",
            nearest="region",
            known=["project", "region", "service"],
        )


class MissingSetting(SettingError):
    """A setting that has no default was left out of the configuration file.

    Where a wrong guess could reach another project's production, nothing is guessed: the value has
    to be written down. The explanation of each setting is in `docs/reference/configuration.md`.
    """

    code = "missing-setting"

    def __init__(
        self, *, file: str, path: str, sample: str, meaning: str, others: Sequence[str] = ()
    ) -> None:
        section, _, key = path.rpartition(".")
        super().__init__(
            file=file,
            path=path,
            what="is missing.",
            why=f"It has no default: {meaning}",
            fix=f"Under [{section}] in {file}, add: {key} = {sample}",
            others=others,
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            file="hrmsops.toml",
            path="environments.production.region",
            sample='"us-central1"',
            meaning="the region of the service and of its instance.",
        )


class SettingOfWrongType(SettingError):
    """A setting holds another kind of value than it takes, such as a number where text belongs.

    TOML tells text (in quotes), whole numbers, `true` and `false`, lists and sections apart, and
    so does hrmsops: `"true"` in quotes is text, and is not taken for a yes.
    """

    code = "setting-of-wrong-type"

    def __init__(
        self,
        *,
        file: str,
        path: str,
        found: str,
        wanted: str,
        sample: str,
        others: Sequence[str] = (),
    ) -> None:
        super().__init__(
            file=file,
            path=path,
            what=f"is {found}.",
            why=f"It takes {wanted}.",
            fix=f"In {file}, write {path.rpartition('.')[2]} = {sample}",
            others=others,
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            file="hrmsops.toml",
            path="environments.production.protected",
            found="text",
            wanted="true or false, without quotes",
            sample="true",
        )


class SettingNotUsable(SettingError):
    """A setting has the right type and a value that cannot work.

    Names of services, projects, regions and instances become part of requests and of commands
    that you paste, so they are held to Google's own rules before any of that happens. An endpoint
    has to be `https://`, or `http://` on this machine: a token would otherwise travel in the clear.
    """

    code = "setting-not-usable"

    def __init__(
        self, *, file: str, path: str, why: str, mend: str, others: Sequence[str] = ()
    ) -> None:
        super().__init__(
            file=file,
            path=path,
            what="cannot be used.",
            why=why,
            fix=f"In {file}, {mend}",
            others=others,
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            file="hrmsops.toml",
            path="timeouts.lock",
            why='"10 fortnights" is not a duration: it is made of numbers and ms, s, m, h or d.',
            mend='write lock = "10s"',
        )


class ConfigNotToml(HrmsopsError):
    """The configuration file is not valid TOML, so nothing in it could be read.

    The line that is named is where reading stopped. The mistake is there or shortly before it:
    often a missing quote or bracket.
    """

    code = "config-not-toml"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str, line: int | None, problem: str) -> None:
        place = f"{file}, line {line}," if line else file
        super().__init__(
            what=f"{place} is not valid TOML.",
            why=f"The reader says: {problem}.",
            fix=f"Mend line {line} of {file}." if line else f"Mend the end of {file}.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="hrmsops.toml", line=7, problem="Expected '=' after a key")


class ConfigNotReadable(HrmsopsError):
    """The configuration file that was named is absent, or this user may not read it.

    With `--config FILE` that very file is read, and no other is looked for.
    """

    code = "config-not-readable"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str, problem: str) -> None:
        super().__init__(
            what=f"{file} cannot be read.",
            why=f"The system says: {problem}.",
            fix=f"hrmsops init --path {file}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="deploy/hrmsops.toml", problem="No such file or directory")
