"""The files of a checkout by their dotted paths, each parsed once, when it is asked for."""

from __future__ import annotations

from pathlib import Path

from hrmsops.safety.reader.modules import Module, parsed

SIZE_BYTES_MAX = 2_000_000


class Project:
    """Where imports of the project lead. `roots` are the folders that imports start from."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self.roots = roots
        self._modules: dict[Path, Module | None] = {}
        self._by_name: dict[str, Module | None] = {}

    def module(self, dotted: str) -> Module | None:
        """The project's own module of this name; None where it is another package's."""
        if dotted not in self._by_name:
            self._by_name[dotted] = self._found(dotted) if dotted else None
        return self._by_name[dotted]

    def _found(self, dotted: str) -> Module | None:
        relative = Path(*dotted.split("."))
        for root in self.roots:
            for path in (root / relative.with_suffix(".py"), root / relative / "__init__.py"):
                if path in self._modules or path.is_file():
                    return self.at(path, dotted)
        return None

    def at(self, path: Path, dotted: str) -> Module | None:
        """The module of a file; None where it cannot be read or parsed."""
        if path not in self._modules:
            self._modules[path] = self._read(path, dotted)
        return self._modules[path]

    def text(self, path: Path) -> str | None:
        """A file beside the migrations, such as a script of SQL."""
        inside = any(_is_below(path, root) for root in self.roots)
        if not inside or not path.is_file() or path.stat().st_size > SIZE_BYTES_MAX:
            return None
        return path.read_text(encoding="utf-8", errors="replace")

    def forget(self, path: Path) -> None:
        """Let a file's syntax tree go, once everything in it is data."""
        self._modules.pop(path, None)

    def _read(self, path: Path, dotted: str) -> Module | None:
        try:
            return parsed(path, dotted, path.read_text(encoding="utf-8"), self)
        except (OSError, SyntaxError, ValueError, RecursionError):
            return None


def _is_below(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except OSError:
        return False
