"""Django's models as the migrations make them, one operation after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hrmsops.safety import columns
from hrmsops.safety.operations import Field

NAME_MAX = 63


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model at one moment. `is_whole` False: its CreateModel was not seen."""

    app: str
    name: str
    fields: Mapping[str, Field]
    options: Mapping[str, Any] = field(default_factory=dict)
    is_whole: bool = True
    bases: tuple[Any, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.app}.{self.name}".lower()

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    @property
    def table(self) -> str:
        named = self.options.get("db_table")
        if isinstance(named, str) and named:
            return named.replace('"', "")
        return f"{self.app}_{self.name}".lower()[:NAME_MAX]

    @property
    def has_table(self) -> bool:
        """Whether Django makes its table: neither a proxy nor somebody else's."""
        return not self.options.get("proxy") and self.options.get("managed") is not False

    @property
    def primary(self) -> tuple[str, Field] | None:
        return next(
            ((name, each) for name, each in self.fields.items() if columns.is_primary(each)), None
        )

    def with_fields(self, fields: Mapping[str, Field]) -> ModelState:
        return replace(self, fields=fields)

    def with_options(self, **changes: Any) -> ModelState:
        return replace(self, options={**self.options, **changes})

    def columns_of(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of fields; a name that is no field is taken for a column."""
        return tuple(
            columns.column_name(name, self.fields[name]) if name in self.fields else name
            for name in names
        )


class State:
    """All models at one moment. Changed by making another one.

    `changed` are the keys that differ from the state that it was made from.
    """

    __slots__ = ("changed", "models")

    def __init__(
        self, models: Mapping[str, ModelState] | None = None, changed: frozenset[str] = frozenset()
    ) -> None:
        self.models = dict(models or {})
        self.changed = changed

    def settled(self) -> State:
        """The same models, as what later changes are counted from."""
        return State(self.models)

    def find(self, app: str, name: str) -> ModelState | None:
        return self.models.get(f"{app}.{name}".lower())

    def model(self, app: str, name: str) -> ModelState:
        """The model; one that was never created here is known by its name alone."""
        return self.find(app, name) or ModelState(app, name, {}, is_whole=False)

    def labelled(self, label: str) -> ModelState:
        """The model of `app.model`, or of a setting that names the user model."""
        if label.startswith("settings."):
            return self._user() or ModelState("auth", "User", {}, is_whole=False)
        app, _, name = label.partition(".")
        return self.models.get(label) or ModelState(app, name or app, {}, is_whole=False)

    def _user(self) -> ModelState | None:
        for each in self.models.values():
            if {"password", "last_login"} <= each.fields.keys():
                return each
        return None

    def key_type(self, label: str) -> str:
        """The type of a model's primary key; empty where the model was not seen."""
        model = self.labelled(label)
        return self._key_type(model, 0)

    def _key_type(self, model: ModelState, depth: int) -> str:
        primary = model.primary
        if primary is None or depth > 8:
            return "" if not model.is_whole else "bigint"
        _, key = primary
        if key.kind in columns.FOREIGN:
            return self._key_type(
                self.labelled(columns.target(key, model.app, model.name)), depth + 1
            )
        return columns.db_type(key, self.key_type)

    def type_of(self, model: ModelState, field: Field) -> str:
        """The type of a field's column."""
        return columns.db_type(field, self.key_type, model.app, model.name)

    def put(self, model: ModelState) -> State:
        return State({**self.models, model.key: model}, self.changed | {model.key})

    def without(self, model: ModelState) -> State:
        models = {**self.models}
        models.pop(model.key, None)
        return State(models, self.changed | {model.key})
