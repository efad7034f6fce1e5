"""Calls of Python and Django whose result is plain from what they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from hrmsops.safety.reader.values import FilePath, Ref, Value


def _joined_path(*parts: Value) -> Value:
    head, *rest = parts
    start = head.path if isinstance(head, FilePath) else head
    if not isinstance(start, str) or not all(isinstance(each, str) for each in rest):
        return None
    return FilePath("/".join([start, *rest]))


def _parent(path: Value) -> Value:
    return FilePath(str(Path(path.path).parent)) if isinstance(path, FilePath) else None


def _dedented(text: Value) -> Value:
    import textwrap

    return textwrap.dedent(text) if isinstance(text, str) else None


def _same(value: Value) -> Value:
    return value if isinstance(value, FilePath | str) else None


def _listed(value: Value = ()) -> Value:
    return [*value] if isinstance(value, list | tuple | set | dict) else None


def _numbered(value: Value, start: Value = 0) -> Value:
    return [*enumerate(value, start)] if isinstance(value, list | tuple) else None


def _range(*bounds: Value) -> Value:
    small = all(isinstance(each, int) for each in bounds)
    return [*range(*bounds)][:1000] if small else None


def _zipped(*lists: Value) -> Value:
    known = all(isinstance(each, list | tuple) for each in lists)
    return [*zip(*lists, strict=False)] if known else None


def _text(value: Value = "") -> Value:
    return str(value) if isinstance(value, str | int | float) else None


def _length(value: Value) -> Value:
    return len(value) if isinstance(value, list | tuple | dict | str) else None


def _imported_by_name(name: Value) -> Value:
    """A class by its path; the setting of the keys' class stands for Django's own default."""
    if isinstance(name, Ref) and name.last == "DEFAULT_AUTO_FIELD":
        return Ref("django.db.models.BigAutoField")
    return Ref(name) if isinstance(name, str) else None


KNOWN: Mapping[str, Callable[..., Value]] = {
    "os.path.join": _joined_path,
    "os.path.dirname": _parent,
    "os.path.abspath": _same,
    "os.path.realpath": _same,
    "pathlib.Path": _joined_path,
    "builtins.open": _same,
    "textwrap.dedent": _dedented,
    "inspect.cleandoc": _dedented,
    "builtins.list": _listed,
    "builtins.tuple": _listed,
    "builtins.sorted": lambda value, **_: _listed(value),
    "builtins.reversed": lambda value: _listed(value)[::-1] if _listed(value) else None,
    "builtins.enumerate": _numbered,
    "builtins.range": _range,
    "builtins.zip": _zipped,
    "builtins.str": _text,
    "builtins.len": _length,
    "django.utils.translation.gettext_lazy": lambda text, **_: text,
    "django.utils.translation.gettext": lambda text, **_: text,
    "django.utils.translation.gettext_noop": lambda text, **_: text,
    "django.utils.module_loading.import_string": _imported_by_name,
    "builtins.getattr": lambda _, __, otherwise=None: otherwise,
    "swapper.get_model_name": lambda app, model: f"{app}.{model}",
    "swapper.split": lambda name: tuple(name.split(".")) if isinstance(name, str) else None,
    "django.utils.safestring.mark_safe": lambda text: text,
    "django.utils.translation.pgettext_lazy": lambda _, text: text,
}
