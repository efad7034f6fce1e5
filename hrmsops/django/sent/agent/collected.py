"""The SQL of a migration, without running it."""


def collected(session, migration, act):
    """The statements that Django would send now while `act` works with a schema editor."""
    atomic = migration.atomic
    with session.main.schema_editor(collect_sql=True, atomic=atomic) as editor:
        act(editor)
    return [line for line in editor.collected_sql if line.strip("- ")]


def commands(lines):
    """Those of them that are no comments."""
    return [line for line in lines or [] if not line.startswith("--")]
