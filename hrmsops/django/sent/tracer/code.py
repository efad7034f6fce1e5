"""INSERT, SELECT and UPDATE of models as a revision has them."""

from django.db import models, router, transaction

from .trouble import trouble
from .values import LEFT_OUT, has_db_default, value_of


class Code:
    """INSERT, SELECT and UPDATE of models as a revision has them, each rolled back."""

    def __init__(self, alias):
        self._alias = alias

    def tries(self, apps, wanted):
        """{(model, verb): None or its trouble} for the models that `wanted` says yes to."""
        found = {}
        for model in apps.get_models(include_auto_created=True):
            meta = model._meta
            if meta.proxy or not meta.managed or meta.swapped or not wanted(model):
                continue
            if not router.allow_migrate_model(self._alias, model):
                continue
            for verb, act in (("SELECT", self._select), ("INSERT", self._insert),
                              ("UPDATE", self._update)):  # fmt: skip
                found[meta.label, verb] = (meta.db_table, self._tried(model, act))
        return found

    def _tried(self, model, act):
        try:
            with transaction.atomic(using=self._alias):
                act(model)
                transaction.set_rollback(True, using=self._alias)
        except Exception as error:
            facts = trouble(error)
            given = {f.column for f in model._meta.concrete_fields if not self._may_be_left(f)}
            return {**facts, "given": facts["column"] in given}
        return None

    def _may_be_left(self, field):
        return field.null or has_db_default(field)

    def _objects(self, model):
        return model._base_manager.using(self._alias)

    def _select(self, model):
        list(self._objects(model).all()[:1])

    def _insert(self, model):
        model(**self._values(model)).save(force_insert=True, using=self._alias)

    def _update(self, model):
        row = self._objects(model).order_by("pk").first()
        if row is not None:
            row.save(using=self._alias)

    def _values(self, model):
        found = {}
        for field in model._meta.concrete_fields:
            if field.remote_field:
                found[field.attname] = self._related(field)
            elif (
                isinstance(field, models.AutoField)
                or field.has_default()
                or has_db_default(field)
                or getattr(field, "generated", False)
                or getattr(field, "auto_now", False)
            ):
                continue
            elif not getattr(field, "auto_now_add", False):
                found[field.attname] = value_of(field)
        return {name: value for name, value in found.items() if value is not LEFT_OUT}

    def _related(self, field):
        target = field.target_field.attname
        rows = self._objects(field.remote_field.model).values_list(target, flat=True)
        first = list(rows.order_by(target)[:1])
        return first[0] if first else None
