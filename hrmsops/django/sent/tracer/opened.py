"""Operations with somebody around each of them."""


def opened(operations, around, before=()):
    """`around(operation, editor)` stands around what each does to the database.

    An operation gets its place as `hrmsops_path`; one that holds others stands for these.
    """
    for number, operation in enumerate(operations):
        path = (*before, number)
        if inner := getattr(operation, "database_operations", None):
            opened(inner, around, path)
        elif not hasattr(operation, "hrmsops_path"):
            operation.hrmsops_path = path
            operation.database_forwards = _within(operation, around)


def _within(operation, around):
    forwards = operation.database_forwards

    def watched(app_label, editor, from_state, to_state):
        with around(operation, editor):
            forwards(app_label, editor, from_state, to_state)

    return watched


def closed(operations):
    """Take away what `opened` set; the methods of the class come to light again."""
    for operation in operations:
        closed(getattr(operation, "database_operations", None) or ())
        for name in ("hrmsops_path", "database_forwards"):
            operation.__dict__.pop(name, None)
