"""The pages of settings, errors and exit codes, read from the records that the product uses."""

from __future__ import annotations

from docs.markdown import code, page, table
from hrmsops.commands.pages import Page, pages
from hrmsops.config.reference import Part, Row, parts
from hrmsops.errors.base import ExitCode

PROMISES = {
    ExitCode.DONE: "Done.",
    ExitCode.INTERNAL: "A defect of hrmsops; the state is unknown: see `hrmsops status`.",
    ExitCode.USAGE: "The command line or the configuration is wrong. Nothing was changed.",
    ExitCode.REFUSED: "Refused as unsafe. Nothing was changed.",
    ExitCode.DECLINED: "The operator said no. Nothing was changed.",
    ExitCode.CONFLICT: "Locked by another run, or the world or the plan changed meanwhile.",
    ExitCode.HALFWAY: "Stopped half-way. `hrmsops resume` goes on.",
    ExitCode.UNVERIFIED: "Applied, but the verification afterwards failed.",
    ExitCode.RUNNING: "Still running in the cloud.",
    ExitCode.UNAUTHORISED: "Not logged in, or not permitted.",
    ExitCode.FAILED: "Failed. Nothing was changed.",
    ExitCode.INTERRUPTED: "Interrupted by Ctrl-C, with the journal closed.",
    ExitCode.TERMINATED: "Ended by SIGTERM, with the journal closed.",
}


def configuration_page() -> str:
    """Every setting of the configuration file, section by section."""
    return page(
        "Configuration",
        "hrmsops reads `hrmsops.toml`, or `[tool.hrmsops]` in `pyproject.toml`, from the working "
        "directory or the nearest folder above it; `--config FILE` names one. Any section may "
        "stand alone. Every mistake in the file is found when it is read, and named by its path. "
        "`hrmsops init` writes a commented file.",
        *(block for part in parts() for block in _part(part)),
    )


def errors_page() -> str:
    """Every error with its exit code, its page and an example."""
    known = _errors()
    rows = ((f"[`{p.code}`](#{p.code})", str(p.exit_code), p.summary) for p in known)
    return page(
        "Errors",
        "The code of an error stands on its last line; `hrmsops explain CODE` shows the same page "
        "in the terminal.",
        table(("code", "exit", "meaning"), rows),
        *(block for each in known for block in _error(each)),
    )


def exit_codes_page() -> str:
    """Every exit code, what it promises, and the errors that end with it."""
    known = _errors()
    rows = (
        (
            str(int(each)),
            each.name.lower(),
            PROMISES[each],
            ", ".join(f"[`{p.code}`](errors.md#{p.code})" for p in known if p.exit_code == each),
        )
        for each in ExitCode
    )
    return page(
        "Exit codes",
        "A script branches on the number, a person reads the sentences.",
        table(("code", "name", "what it promises", "errors"), rows),
    )


def _part(part: Part) -> tuple[str, str, str]:
    rows = ((f"`{r.name}`", r.kind, _default(r), _sentence(r.meaning)) for r in part.rows)
    header = f"## [{part.path}]" if part.path else "## The file itself"
    return header, part.meaning, table(("setting", "type", "default", "meaning"), rows)


def _errors() -> list[Page]:
    return [each for each in pages().values() if each.kind == "error"]


def _sentence(meaning: str) -> str:
    return meaning[:1].upper() + meaning[1:]


def _default(row: Row) -> str:
    return f"required, such as `{row.sample}`" if row.default is None else f"`{row.default}`"


def _error(page_of: Page) -> tuple[str, ...]:
    example = "\n".join(f"{label:<5}{text}" for label, text in page_of.example.items())
    return (
        f"## {page_of.code}",
        f"Exit code {page_of.exit_code} ({page_of.exit_name}).",
        page_of.text,
        code(example, "text"),
    )
