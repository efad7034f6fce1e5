"""Every error there is, a module for each part of the product, and the exit codes."""

from __future__ import annotations

from hrmsops.errors.base import ExitCode, HrmsopsError

__all__ = ["ExitCode", "HrmsopsError", "by_code"]


def by_code() -> dict[str, type[HrmsopsError]]:
    """Each concrete error class by its code, found by walking this package."""
    from importlib import import_module
    from pkgutil import iter_modules

    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    found: dict[str, type[HrmsopsError]] = {}
    pending = list(HrmsopsError.__subclasses__())
    while pending:
        error = pending.pop()
        pending.extend(error.__subclasses__())
        if "code" in vars(error) and error.__module__.startswith(f"{__name__}."):
            found[error.code] = error
    return dict(sorted(found.items()))
