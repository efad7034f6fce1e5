"""A field as it would be typed, from what was read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hrmsops.safety.operations import Field
from hrmsops.safety.reader.fields import DJANGOS
from hrmsops.safety.reader.values import Call, Ref
from hrmsops.safety.rewrite.typing_code import literal

POSTGRES = frozenset({"ArrayField", "HStoreField", "SearchVectorField"})
PLAIN = (bool, int, float, type(None))


class CannotRender(Exception):
    """A value that only the project itself could type again."""


@dataclass
class Rendering:
    """Code, and the imports that it needs."""

    imports: set[str] = field(default_factory=set)

    def field(self, of: Field) -> str:
        """The call that makes a field."""
        if of.kind not in DJANGOS or of.written.rpartition(".")[2] != of.kind:
            raise CannotRender(of.written)
        if of.kind in POSTGRES:
            self.imports.add(f"from django.contrib.postgres.fields import {of.kind}")
            return f"{of.kind}({self._arguments(of.arguments)})"
        self.imports.add("from django.db import models")
        return f"models.{of.kind}({self._arguments(of.arguments)})"

    def _arguments(self, given: Mapping[str, Any]) -> str:
        return ", ".join(f"{name}={self.value(each)}" for name, each in given.items())

    def value(self, of: Any) -> str:
        """An expression that comes to the value."""
        if isinstance(of, PLAIN):
            return repr(of)
        if isinstance(of, str):
            return literal(of).replace("\n", " ")
        if isinstance(of, list | tuple):
            inner = ", ".join(map(self.value, of))
            comma = "," if isinstance(of, tuple) and len(of) == 1 else ""
            return f"({inner}{comma})" if isinstance(of, tuple) else f"[{inner}]"
        if isinstance(of, dict):
            return "{" + ", ".join(f"{self.value(k)}: {self.value(v)}" for k, v in of.items()) + "}"
        if isinstance(of, Field):
            return self.field(of)
        if isinstance(of, Ref):
            return self._name(of.name)
        if isinstance(of, Call) and of.defined is None:
            arguments = [*map(self.value, of.args)]
            arguments += [f"{name}={self.value(each)}" for name, each in of.kwargs.items()]
            return f"{self._name(of.function)}({', '.join(arguments)})"
        raise CannotRender(str(of))

    def _name(self, dotted: str) -> str:
        """A name of another module; what `models` offers is taken from there."""
        if dotted.startswith("django.db.models."):
            self.imports.add("from django.db import models")
            return f"models.{dotted.rpartition('.')[2]}"
        if dotted.startswith("django.conf.settings."):
            self.imports.add("from django.conf import settings")
            return dotted.removeprefix("django.conf.")
        module, _, name = dotted.rpartition(".")
        if module in ("", "builtins"):
            return name
        self.imports.add(f"import {module}")
        return dotted
