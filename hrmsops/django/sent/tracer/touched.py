"""Which models could feel some migrations."""


class Touched:
    """Those that they name, and all of an app whose code or SQL runs."""

    def __init__(self, state, migrations):
        self._models, self._apps, texts = set(), set(), []
        after = state.clone()
        after.__dict__.pop("apps", None)  # Nobody needs its models: only what they are made of.
        for migration in migrations:
            for operation in migration.operations:
                operation.state_forwards(migration.app_label, after)
                if not hasattr(operation, "model_name") and not hasattr(operation, "name_lower"):
                    self._apps.add(migration.app_label)
                    texts.append(str(getattr(operation, "sql", "")))
        for key in {*state.models, *after.models}:
            was, now = state.models.get(key), after.models.get(key)
            if was is None or now is None or was != now:
                self._models.add(key)
        self._said = " ".join(texts)

    def __call__(self, model):
        meta = model._meta
        key = (meta.app_label, meta.model_name)
        return key in self._models or meta.app_label in self._apps or meta.db_table in self._said

    def tables(self, apps):
        """Where rows are needed; None: everywhere, since what code does nobody knows."""
        if self._apps:
            return None
        models = apps.get_models(include_auto_created=True)
        return {model._meta.db_table.replace('"', "") for model in models if self(model)}
