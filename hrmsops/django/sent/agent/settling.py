"""What Django's own migrate does last."""

from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal
from django.db.migrations.state import ModelState


def settle(state, plan, alias):
    """Tell the apps, with the models as the project has them."""
    state.clear_delayed_apps_cache()
    known = state.apps
    with known.bulk_update():
        keys = [(each.app_label, each.name_lower) for each in known.real_models]
        for key in keys:
            known.unregister_model(*key)
    known.render_multiple([ModelState.from_model(apps.get_model(*key)) for key in keys])
    emit_post_migrate_signal(0, False, alias, apps=known, plan=plan)
