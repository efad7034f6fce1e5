"""The first of what is sent: imports the modules that follow it from memory."""

import importlib.abc
import importlib.util
import sys


class Importer(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    """Finds and loads modules in `sources`: the text of each, by its full name."""

    def __init__(self, sources):
        self._sources = sources

    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self) if name in self._sources else None

    def is_package(self, name):
        return any(other.startswith(name + ".") for other in self._sources)

    def get_source(self, name):
        return self._sources[name]

    def get_filename(self, name):
        """How a traceback names it; there is no such file."""
        return name.replace(".", "/") + ".py"


def install(sources):
    """From now on `sources` can be imported; before all others, which may have a like name."""
    sys.meta_path.insert(0, Importer(sources))
