"""One operation while it runs."""

from .locks import STRENGTH


class Operation:
    """One operation while it runs: what it sent, what it locked, what it changed."""

    def __init__(self, path, kind):
        self.path, self.kind, self.seconds = list(path), kind, 0.0
        self.statements, self.locks, self.changes, self.writes = 0, {}, [], {}
        self.is_beside, self.looked = False, None

    def locked(self, table, mode):
        known = self.locks.get(table)
        if known is None or STRENGTH.index(known) < STRENGTH.index(mode):
            self.locks[table] = mode

    def changed(self, found, locks=None):
        """`locks`: those that were held then, where that was not the whole operation's time."""
        known = [each[:3] for each in self.changes]
        held = self.locks if locks is None else locks
        for what, table, name in found:
            if [what, table, name] not in known:
                self.changes.append([what, table, name, held.get(table, "")])

    def took_in(self, statement):
        """What one of its statements did in a transaction of its own."""
        for table, mode in statement.locks.items():
            self.locked(table, mode)
        for table, counts in statement.writes.items():
            self.wrote(table, counts)

    def wrote(self, table, counts):
        self.writes[table] = [a + b for a, b in zip(self.writes.get(table, [0, 0, 0]), counts)]

    def _told(self):
        """A table that is written anew takes its indexes with it."""
        anew = {each[1] for each in self.changes if each[0] == "rewritten"}
        return [c for c in self.changes if not c[0].startswith("index-") or c[1] not in anew]

    def document(self):
        return {
            "path": self.path, "kind": self.kind, "statements": self.statements,
            "seconds": round(self.seconds, 4), "locks": self.locks, "changes": self._told(),
            "writes": self.writes, "beside": self.is_beside,
        }  # fmt: skip
