"""Calls within a data migration: which of them read, which of them write, and how much at once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from hrmsops.safety.code.facts import RowWork
from hrmsops.safety.code.filtering import filtered
from hrmsops.safety.code.lists import as_list, bounded, grown, is_emptied
from hrmsops.safety.code.scopes import scope_of, scope_of_list, scope_of_loops, scope_of_row
from hrmsops.safety.code.shapes import Few, Many, Model, Row, Rows, Shape, Tool
from hrmsops.safety.reader.values import Function, Ref

if TYPE_CHECKING:
    from hrmsops.safety.code.walking import Walker


ONE = frozenset({"get", "first", "last", "latest", "earliest", "aget", "afirst"})
INSERTS = frozenset({"create", "get_or_create", "update_or_create", "acreate"})
COUNTS = frozenset({"count", "exists", "aggregate", "contains"})
LISTS = frozenset(
    {"list", "tuple", "set", "sorted", "iter", "enumerate", "reversed", "tqdm", "zip"}
)


class CallReader:
    """The calls of one walk."""

    def __init__(self, walker: Walker) -> None:
        self.walker = walker

    def read(self, node: ast.Call) -> Shape:
        """What a call gives, with what it writes noted."""
        function = node.func
        if isinstance(function, ast.Attribute):
            base = self.walker.shape(function.value)
            known = self._method(node, base, function.attr)
            if known is not NOT_KNOWN:
                return known
        given = [self.walker.shape(each) for each in _given(node)]
        if isinstance(function, ast.Name) and isinstance(
            model := self.walker.shapes.get(function.id), Model
        ):
            return Row(model.label)
        return self._plain(node, given)

    def _method(self, node: ast.Call, base: Shape, name: str) -> Shape:
        if isinstance(base, Tool):
            return self._of_tool(node, base, name)
        if isinstance(base, Model):
            base = Rows(base.label)
        if isinstance(base, Rows):
            return self._of_rows(node, base, name)
        if isinstance(base, Row):
            return self._of_row(node, base, name)
        if isinstance(base, Many | Few):
            return self._of_list(node, base, name)
        return NOT_KNOWN

    def _of_tool(self, node: ast.Call, base: Tool, name: str) -> Shape:
        if name == "get_model":
            return self._model(node)
        if name in ("execute", "executemany"):
            self._sql(node)
            return Few()
        if name == "cursor":
            return Tool("cursor")
        for each in _given(node):
            self.walker.shape(each)
        if base.kind == "editor" and name.split("_")[0] in (
            "add",
            "remove",
            "alter",
            "create",
            "delete",
        ):
            self.walker.notes.gaps.append((node.lineno, ast.unparse(node)[:120]))
        return Few()

    def _model(self, node: ast.Call) -> Shape:
        words = [self.walker.evaluator.value(each) for each in _given(node)]
        texts = [each for each in words if isinstance(each, str)]
        if len(texts) == len(words) and words:
            return Model(".".join(texts[:2]))
        return Model("")

    def _sql(self, node: ast.Call) -> None:
        given = [*_given(node)]
        if not given:
            return
        text = self.walker.evaluator.value(given[0])
        written = ast.unparse(given[0])[:120]
        for each in given[1:]:
            self.walker.shape(each)
        has_parameters = len(given) > 1
        if isinstance(text, str):
            plain = text.replace("%s", "NULL").replace("%%", "%") if has_parameters else text
            self.walker.notes.sql.append((plain, node.lineno, written))
        else:
            self.walker.notes.sql.append((None, node.lineno, written))

    def _of_rows(self, node: ast.Call, base: Rows, name: str) -> Shape:
        if name in ("filter", "exclude"):
            return filtered(self.walker, node, base, name)
        shapes = [self.walker.shape(each) for each in _given(node)]
        if name in ("update", "aupdate", "delete", "adelete", "_raw_delete"):
            verb = "update" if "update" in name else "delete"
            self._note(verb, base.model, scope_of(base), node, base.filters)
            return Few()
        if name in ("bulk_update", "abulk_update"):
            self._note("update", base.model, scope_of_list(shapes), node)
            return Few()
        if name in ("bulk_create", "abulk_create"):
            self._note("insert", base.model, scope_of_list(shapes), node)
            return Few()
        if name in INSERTS:
            self._note("insert", base.model, "one", node)
            return Row(base.model)
        if name in ONE:
            return Row(base.model)
        return Few() if name in COUNTS else base

    def _of_row(self, node: ast.Call, base: Row, name: str) -> Shape:
        for each in _given(node):
            self.walker.shape(each)
        if name in ("save", "asave", "save_base"):
            self._note(
                "update", base.model, scope_of_row(base, self.walker.loops), node, by_row=True
            )
            return Few()
        if name in ("delete", "adelete"):
            self._note(
                "delete", base.model, scope_of_row(base, self.walker.loops), node, by_row=True
            )
            return Few()
        if name in ("clear", "aclear") and isinstance(node.func, ast.Attribute):
            self._note_clear(node, node.func.value, base)
        return base

    def _note_clear(self, node: ast.Call, of: ast.expr, base: Row) -> None:
        """`row.skills.clear()`: whether skills is a relation, the models of that moment know."""
        if isinstance(of, ast.Attribute) and isinstance(self.walker.shape(of.value), Row):
            scope = scope_of_row(base, self.walker.loops)
            work = RowWork("delete", base.model, scope, node.lineno, relation=of.attr)
            self.walker.notes.works.append(work)

    def _of_list(self, node: ast.Call, base: Many | Few, name: str) -> Shape:
        shapes = [self.walker.shape(each) for each in _given(node)]
        if name in ("append", "add", "extend", "setdefault") and isinstance(
            node.func, ast.Attribute
        ):
            target = node.func.value
            if isinstance(target, ast.Name):
                longer = grown(base, shapes, self.walker.loops)
                if isinstance(longer, Many) and is_emptied(target.id, self.walker.loop_nodes):
                    longer = Many(longer.of.filtered(bounded=True))
                self.walker.shapes[target.id] = longer
        return base

    def _plain(self, node: ast.Call, given: list[Shape]) -> Shape:
        name = _last_word(node.func)
        if name in LISTS:
            return as_list(given)
        if name in ("batched", "chunked", "chunks", "batch", "grouper", "islice", "Paginator"):
            return bounded(given)
        value = self.walker.evaluator.value(node.func)
        if isinstance(value, Function) and not isinstance(value.node, ast.Lambda):
            return self._helper(node, value, given)
        if isinstance(value, Ref) and value.last == "get_user_model":
            return Model("auth.User", is_live=True)
        if isinstance(value, Ref) and value.name.endswith(".call_command"):
            self.walker.notes.gaps.append((node.lineno, ast.unparse(node)[:120]))
        shape = self.walker.shape(node.func) if isinstance(node.func, ast.Name) else None
        if isinstance(shape, Model):
            return self._made(shape, node)
        many = next((each for each in given if isinstance(each, Many | Rows)), None)
        if many is not None:
            return many if isinstance(many, Many) else Many(many)
        return None

    def _made(self, model: Model, node: ast.Call) -> Shape:
        if model.is_live:
            self.walker.notes.live.setdefault(model.label, node.lineno)
        return Row(model.label)

    def _helper(self, node: ast.Call, function: Function, given: list[Shape]) -> Shape:
        from hrmsops.safety.code.walking import DEPTH_MAX, Walker

        if self.walker.depth >= DEPTH_MAX or isinstance(function.node, ast.Lambda):
            return None
        spec = function.node.args
        names = [each.arg for each in (*spec.posonlyargs, *spec.args)]
        shapes: dict[str, Shape] = dict(zip(names, given, strict=False))
        for keyword in node.keywords:
            if keyword.arg:
                shapes[keyword.arg] = self.walker.shape(keyword.value)
        inner = Walker(function, self.walker.notes, shapes, self.walker.depth + 1)
        inner.loops = [*self.walker.loops]
        self._pass_values(inner, node, names)
        inner.run()
        return inner.result

    def _pass_values(self, inner: Walker, node: ast.Call, names: list[str]) -> None:
        """Texts that are handed to a helper may be the SQL, or the model, that it works with."""
        for name, argument in zip(names, node.args, strict=False):
            inner.evaluator.scope[name] = self.walker.evaluator.value(argument)
        for keyword in node.keywords:
            if keyword.arg:
                inner.evaluator.scope[keyword.arg] = self.walker.evaluator.value(keyword.value)

    def _note(
        self,
        verb: str,
        model: str,
        scope: str,
        node: ast.Call,
        filters: tuple[str, ...] = (),
        *,
        by_row: bool = False,
    ) -> None:
        source = ""
        if verb == "insert" and scope in ("one", "few"):
            for shape in reversed(self.walker.loops):
                rows = shape.of if isinstance(shape, Many) else shape
                if isinstance(rows, Rows) and rows.model != model:
                    source = rows.model
                    scope = scope_of(rows)
        looped = scope_of_loops(self.walker.loops) if verb != "insert" else ""
        self.walker.notes.works.append(
            RowWork(
                verb=verb,
                model=model,
                scope=scope,
                line=node.lineno,
                filters=filters,
                is_row_by_row=by_row,
                looped=looped,
                source=source,
            )
        )


class _NotKnown:
    """No answer, which is another thing than the answer that nothing is known."""


NOT_KNOWN: Shape = _NotKnown()  # type: ignore[assignment]


def _given(node: ast.Call) -> list[ast.expr]:
    return [
        *(each.value if isinstance(each, ast.Starred) else each for each in node.args),
        *(each.value for each in node.keywords),
    ]


def _last_word(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
