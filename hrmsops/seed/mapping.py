"""Which column of a model takes which field of the data, and how the others are filled; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hrmsops.config.seed_settings import Seed, SeedTable
from hrmsops.django.models import Field, Model, Models
from hrmsops.errors.seed_mapping import SeedModelUnfit
from hrmsops.seed.catalogue import ADMINISTRATOR, SYNONYMS, Spec
from hrmsops.seed.choosing import models_for
from hrmsops.seed.mapped import Column, Fill, Mapped, Parent
from hrmsops.seed.table import Table

PASSWORD = "password"  # noqa: S105 - a column's name.
TEXTS = ("varchar", "text", "char")


def mapped(
    specs: Sequence[Spec], tables: Mapping[str, Table], models: Models, settings: Seed
) -> dict[str, Mapped]:
    """How each table goes into the project; `specs` hold what they refer to, and before it.

    Raises SeedTableUnmapped, SeedModelUnfit.
    """
    chosen = models_for(specs, models, settings)
    found: dict[str, Mapped] = {}
    for spec in specs:
        own = settings.tables.get(spec.table, SeedTable())
        fit = _Fit(spec, tables[spec.table], chosen[spec.table], own, models, found)
        found[spec.table] = fit.mapped()
    return found


class _Fit:
    """One table and its model; `known` are the tables before it."""

    def __init__(
        self,
        spec: Spec,
        table: Table,
        model: Model,
        own: SeedTable,
        models: Models,
        known: Mapping[str, Mapped],
    ) -> None:
        self._spec, self._table, self._model, self._own = spec, table, model, own
        self._known = known
        user = models.user if spec.table == ADMINISTRATOR else None
        names = {"username": user.username, "email": user.email} if user else {}
        self._names = {**names, **own.fields}
        """What the configuration and Django say; the rest is found by name."""

    def mapped(self) -> Mapped:
        if self._model.is_inherited:
            raise self._unfit("a part of it is in the table of another model", "model = …")
        self._require_known()
        fields = self._fields()
        columns = tuple(self._column(name, field) for name, field in fields.items())
        names = {each.name for each in fields.values()}
        rest = [each for each in self._model.fields if each.name not in names]
        return Mapped(
            table=self._spec.table,
            model=self._model.label,
            relation=self._model.table,
            key=self._key(fields),
            columns=columns,
            fills=tuple(self._fills(rest)),
            touched=tuple(each.column for each in rest if each.moment == "always"),
            left_out=tuple(each for each in self._table.fields if each not in fields),
            is_dated=self._spec.is_dated,
        )

    def _require_known(self) -> None:
        """A name in the configuration that nothing has would be passed over in silence."""
        of_data = [*self._own.fields, *self._own.choices, *self._own.key]
        if unknown := [each for each in of_data if each not in self._table.fields]:
            had = ", ".join(self._table.fields)
            raise self._unfit(f"the data have no {unknown[0]}, only {had}", "fields = …")
        of_model = [*(each for each in self._own.fields.values() if each), *self._own.values]
        if unknown := [each for each in of_model if each not in self._model.by_name]:
            had = ", ".join(self._model.by_name)
            raise self._unfit(f"the model has no {unknown[0]}, only {had}", "fields = …")

    def _fields(self) -> dict[str, Field]:
        """The model's field for each field of the data that has one; its own name goes first."""
        found = {name: field for name in self._table.fields if (field := self._by_name(name))}
        taken = {each.name for each in found.values()}
        for name in self._table.fields:
            if name not in found and name not in self._names:
                others = [each for each in self._synonyms(name) if each.name not in taken]
                if others:
                    found[name] = others[0]
                    taken.add(others[0].name)
        return {name: found[name] for name in self._table.fields if name in found}

    def _by_name(self, name: str) -> Field | None:
        field = self._model.by_name.get(self._names.get(name, name))
        is_said = name in self._own.fields
        return field if field and (is_said or self._can_take(name, field)) else None

    def _synonyms(self, name: str) -> Iterator[Field]:
        for each in SYNONYMS.get(name, ()):
            field = self._model.by_name.get(each)
            if field and self._can_take(name, field):
                yield field
        if parent := self._known.get(self._spec.references.get(name, "")):
            yield from (each for each in self._model.fields if each.to == parent.model)

    def _can_take(self, name: str, field: Field) -> bool:
        """Whether a field of that name is for it: not one that the database or Django fills."""
        if field.is_made or field.moment:
            return False
        return not field.to or name in self._spec.references

    def _column(self, name: str, field: Field) -> Column:
        return Column(
            field=name,
            column=field.column,
            parent=self._parent(name, field) if field.to else None,
            empty=self._empty(name, field),
            words=self._words(name, field),
        )

    def _parent(self, name: str, field: Field) -> Parent:
        parent = self._known.get(self._spec.references.get(name, ""))
        if parent is None or parent.model != field.to:
            wanted = f", not {parent.model}" if parent else ""
            problem = f"{field.name} refers to {field.to}{wanted}"
            raise self._unfit(problem, f'fields = {{ {name} = "…" }}')
        if len(parent.key) != 1:
            raise self._unfit(f"{parent.table} has a key of several fields", "key = …")
        key = parent.named(parent.key[0])
        return Parent(
            table=parent.table,
            relation=parent.relation,
            key=key.column,
            column=field.to_column,
        )

    def _empty(self, name: str, field: Field) -> str | None:
        """What stands for no value; raises SeedModelUnfit where a row needs one and has none."""
        if field.is_null:
            return None
        if field.default == "value" and field.value is not None:
            return field.value
        if field.type.startswith(TEXTS) and not field.to:
            return ""
        if any(row.values.get(name) is None for row in self._table.rows):
            problem = f"{field.name} takes no NULL, and some rows have no {name}"
            raise self._unfit(problem, f'fields = {{ {name} = "" }}')
        return None

    def _words(self, name: str, field: Field) -> dict[str, str]:
        """The model's spelling of its choices, and what the configuration calls a value."""
        own = self._own.choices.get(name, {})
        if not field.choices:
            return dict(sorted(own.items()))
        folded = {each.casefold(): each for each in field.choices}
        texts = {str(row.values[name]) for row in self._table.rows if row.values.get(name)}
        same = {each: folded[each.casefold()] for each in texts if each.casefold() in folded}
        return dict(sorted((same | own).items()))

    def _key(self, fields: Mapping[str, Field]) -> tuple[str, ...]:
        keys = (self._own.key,) if self._own.key else self._spec.keys
        for key in keys:
            if all(name in fields for name in key):
                return key
        missing = next(name for name in keys[0] if name not in fields)
        had = ", ".join(self._model.by_name)
        problem = f"nothing of it takes {missing}, by which a row is known; it has {had}"
        raise self._unfit(problem, f'fields = {{ {missing} = "…" }}')

    def _fills(self, rest: Sequence[Field]) -> Iterator[Fill]:
        lacking = []
        for field in rest:
            if field.name in self._own.values:
                yield _fill(field, "value", self._own.values[field.name])
            elif self._spec.table == ADMINISTRATOR and field.name == PASSWORD:
                yield _fill(field, PASSWORD)
            elif field.moment:
                yield _fill(field, "now")
            elif field.default and not field.is_made:
                yield _fill(field, field.default, field.value)
            elif not field.is_filled:
                lacking.append(field.name)
        if lacking:
            problem = f"{' and '.join(lacking)} must have a value and has no default"
            raise self._unfit(problem, f'values = {{ {lacking[0]} = "…" }}')

    def _unfit(self, problem: str, line: str) -> SeedModelUnfit:
        return SeedModelUnfit(
            table=self._spec.table,
            model=self._model.label,
            problems=(problem,),
            mend=f"Write {line} under [seed.tables.{self._spec.table}].",
        )


def _fill(field: Field, how: str, value: str | None = None) -> Fill:
    return Fill(column=field.column, field=field.name, how=how, value=value)
