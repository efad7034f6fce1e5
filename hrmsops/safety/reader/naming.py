"""What a name of a module stands for."""

from __future__ import annotations

from hrmsops.safety.reader.modules import Module
from hrmsops.safety.reader.values import FilePath, Ref, Value


class Missing:
    """A name that nothing binds."""


MISSING = Missing()


def global_value(module: Module, name: str, depth: int = 0) -> Value:
    """What a module's name stands for, MISSING where nothing binds it."""
    if name in module.known:
        return module.known[name]
    if name == "__file__":
        return FilePath(str(module.path))
    if name == "__name__":
        return module.dotted
    statements = module.names.get(name)
    if statements is None:
        return _builtin(name) if not module.stars else _starred(module, name, depth)
    module.known[name] = Ref(f"{module.dotted}.{name}")  # A name that needs itself ends here.
    from hrmsops.safety.reader.binding import bound_value

    value = bound_value(module, name, statements, depth)
    module.known[name] = value
    return value


def _builtin(name: str) -> Value:
    import builtins

    return Ref(f"builtins.{name}") if hasattr(builtins, name) else MISSING


def _starred(module: Module, name: str, depth: int) -> Value:
    for statement in module.stars:
        source = module.project.module(module.absolute(statement))
        if source is not None and source is not module:
            found = global_value(source, name, depth + 1)
            if not isinstance(found, Missing):
                return found
    return _builtin(name)
