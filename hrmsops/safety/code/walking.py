"""A walk through a function's statements that notes each place where rows are written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from hrmsops.safety.code.calls import CallReader
from hrmsops.safety.code.facts import CodeFacts, RowWork
from hrmsops.safety.code.guards import leaves, taken
from hrmsops.safety.code.shapes import Few, Many, Model, Row, Rows, Shape, Tool
from hrmsops.safety.reader.evaluating import Evaluator
from hrmsops.safety.reader.naming import Missing
from hrmsops.safety.reader.values import Function, Ref, Value

DEPTH_MAX = 4


@dataclass
class Notes:
    """What has been seen so far, in this function and in those that it calls."""

    works: list[RowWork] = field(default_factory=list)
    sql: list[tuple[str | None, int, str]] = field(default_factory=list)
    live: dict[str, int] = field(default_factory=dict)
    gaps: list[tuple[int, str]] = field(default_factory=list)


def facts_of(function: Function, *, parameters: tuple[str, ...] = ("apps", "editor")) -> CodeFacts:
    """The facts of a function that Django calls with `apps` and `schema_editor`."""
    notes = Notes()
    node = function.node
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args) if each.arg != "self"]
    given: dict[str, Shape] = dict(zip(names, (Tool(kind) for kind in parameters), strict=False))
    walker = Walker(function, notes, given)
    walker.run()
    return CodeFacts(
        name=function.name,
        line=node.lineno,
        works=tuple(dict.fromkeys(notes.works)),
        sql=tuple(notes.sql),
        live_models=tuple(notes.live.items()),
        gaps=tuple(notes.gaps),
    )


class Walker:
    """The statements of one function, with what each name stands for."""

    def __init__(
        self, function: Function, notes: Notes, shapes: dict[str, Shape], depth: int = 0
    ) -> None:
        self.function, self.notes, self.shapes, self.depth = function, notes, shapes, depth
        self.evaluator = Evaluator(function.module)
        self.loops: list[Shape] = []
        self.loop_nodes: list[ast.For | ast.AsyncFor | ast.While] = []
        self.calls = CallReader(self)
        self.result: Shape = None
        """What the function returns or yields, as far as it is rows."""

    def run(self) -> None:
        node = self.function.node
        if isinstance(node, ast.Lambda):
            self.shape(node.body)
        else:
            self.body(node.body)

    def body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)
            if isinstance(statement, ast.Return | ast.Raise):
                return
            if isinstance(statement, ast.If) and leaves(taken(statement)):
                return

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.For | ast.AsyncFor):
            self._loop(node)
        elif isinstance(node, ast.While):
            self._while(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets: list[ast.expr] = (
                node.targets if isinstance(node, ast.Assign) else [node.target]
            )
            self._assign(targets, self.shape(node.value), node.value)
        elif isinstance(node, ast.With):
            self._with(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
        elif isinstance(node, ast.Return):
            self.result = self.shape(node.value) or self.result
        elif isinstance(node, ast.FunctionDef):
            self.evaluator.scope[node.name] = Function(node, self.function.module)
        else:
            self._others(node)

    def _others(self, node: ast.stmt) -> None:
        if isinstance(node, ast.If) and (way := taken(node)) is not None:
            self.body(way)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.shape(child)
            elif isinstance(child, ast.stmt):
                self.statement(child)
            elif isinstance(child, ast.ExceptHandler):
                self.body(child.body)

    def _loop(self, node: ast.For | ast.AsyncFor) -> None:
        over = self.shape(node.iter)
        self._assign([node.target], self._item(over), node.iter)
        self.loops.append(over if over is not None else Few())
        self.loop_nodes.append(node)
        self.body(node.body)
        self.loop_nodes.pop()
        self.loops.pop()
        self.body(node.orelse)

    def _item(self, over: Shape) -> Shape:
        if isinstance(over, Rows):
            return Row(over.model, of=over)
        if isinstance(over, Many):
            return Row(over.of.model, of=over.of)
        return over

    def _while(self, node: ast.While) -> None:
        self.shape(node.test)
        self.loops.append(Tool("while"))
        # Twice, since what a batch is picked by may be bound at the end of the first round.
        before = len(self.notes.works)
        self.body(node.body)
        del self.notes.works[before:]
        self.body(node.body)
        self.loops.pop()

    def _with(self, node: ast.With) -> None:
        for item in node.items:
            shape = self.shape(item.context_expr)
            if item.optional_vars is not None:
                self._assign([item.optional_vars], shape, item.context_expr)
        self.body(node.body)

    def _assign(self, targets: list[ast.expr], shape: Shape, value: ast.expr) -> None:
        for target in targets:
            if isinstance(target, ast.Name):
                self.shapes[target.id] = shape
                self._know(target.id, value)
            elif isinstance(target, ast.Tuple | ast.List):
                for each in target.elts:
                    self._assign([each], shape if isinstance(shape, Row | Few) else None, value)

    def _know(self, name: str, value: ast.expr) -> None:
        """Texts are kept as values too, since they may be SQL."""
        if isinstance(value, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call | ast.List):
            self.evaluator.scope[name] = self.evaluator.value(value)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        from hrmsops.safety.reader.binding import value_of_statement
        from hrmsops.safety.reader.modules import bound_names

        for name in bound_names(node):
            found = value_of_statement(self.evaluator, name, node, None)
            self.evaluator.scope[name] = found

    def shape(self, node: ast.expr | None) -> Shape:
        """What an expression is; whatever it writes is noted on the way."""
        if node is None or isinstance(node, ast.Constant | ast.JoinedStr):
            return Few()
        if isinstance(node, ast.Call):
            return self.calls.read(node)
        if isinstance(node, ast.Name):
            return self.shapes.get(node.id) or self._named(node)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Subscript):
            return self._picked(node)
        if isinstance(node, ast.Yield):
            self.result = self.shape(node.value) or self.result
            return None
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return self._comprehension(node)
        return self._compound(node)

    def _compound(self, node: ast.expr) -> Shape:
        shapes = [self.shape(child) for child in _inner(node)]
        if isinstance(node, ast.BinOp | ast.BoolOp | ast.IfExp):
            return next((each for each in shapes if isinstance(each, Rows | Many | Row)), Few())
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            told = [each for each in shapes if isinstance(each, Many | Rows | Model)]
            return told[0] if told else Few()
        return None

    def _named(self, node: ast.Name) -> Shape:
        value: Value = self.evaluator.name(node.id)
        return self._of_value(value, node.lineno)

    def _of_value(self, value: Value, line: int) -> Shape:
        if isinstance(value, str | int | float | list | tuple | dict):
            return Few()
        if isinstance(value, Missing):
            return None
        label = live_label(value)
        if label:
            return Model(label, is_live=True)
        if isinstance(value, Ref) and value.name in (
            "django.db.connection",
            "django.db.connections",
        ):
            return Tool("connection")
        return None

    def _attribute(self, node: ast.Attribute) -> Shape:
        base = self.shape(node.value)
        if isinstance(base, Model):
            return self._of_model(base, node)
        if isinstance(base, Tool):
            return Tool("connection") if node.attr == "connection" else base
        if isinstance(base, Row):
            return self._related(base, node)
        if base is None:
            return self._of_value(self.evaluator.value(node), node.lineno)
        return base if isinstance(base, Rows | Many) else Few()

    def _of_model(self, base: Model, node: ast.Attribute) -> Shape:
        if node.attr[:1].isupper() or node.attr in ("_meta", "pk", "id", "__name__"):
            return Few()
        is_manager = node.attr.endswith(("objects", "manager"))
        if base.is_live and not is_manager:
            return Few()
        if base.is_live:
            self.notes.live.setdefault(base.label, node.lineno)
        return Rows(base.label)

    def _related(self, base: Row, node: ast.Attribute) -> Shape:
        """`row.lines` may be the rows that belong to one row: a handful, as far as we know."""
        return Few() if node.attr in ("pk", "id") else Row(base.model, of=base.of)

    def _picked(self, node: ast.Subscript) -> Shape:
        base = self.shape(node.value)
        if isinstance(node.slice, ast.Slice):
            self.shape(node.slice.lower)
            self.shape(node.slice.upper)
            has_end = node.slice.upper is not None
            if isinstance(base, Rows):
                return base.filtered(bounded=has_end)
            return Many(base.of.filtered(bounded=has_end)) if isinstance(base, Many) else base
        self.shape(node.slice)
        if isinstance(base, Rows):
            return Row(base.model)
        return Few() if isinstance(base, Many | Few) else base

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Shape:
        over: Shape = Few()
        for generator in node.generators:
            found = self.shape(generator.iter)
            self._assign([generator.target], self._item(found), generator.iter)
            over = found if isinstance(found, Rows | Many) else over
        self.loops.append(over)
        for element in _inner(node):
            self.shape(element)
        self.loops.pop()
        return Many(over) if isinstance(over, Rows) else over


def _inner(node: ast.expr) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child


def live_label(value: Value) -> str:
    """`app.Model` of a model that was imported from the project, else empty."""
    from hrmsops.safety.reader.values import Class

    dotted = value.name if isinstance(value, Ref) else ""
    if isinstance(value, Class):
        dotted = f"{value.module.dotted}.{value.name}"
    package, _, name = dotted.rpartition(".")
    parts = package.split(".")
    if not name[:1].isupper() or "models" not in parts or dotted.startswith("django.db."):
        return ""
    place = parts.index("models")
    return f"{parts[place - 1]}.{name}" if place else ""
