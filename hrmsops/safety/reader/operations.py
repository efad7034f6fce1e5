"""From a call in `operations = […]` to an Operation, or to a gap with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hrmsops.safety.code.facts import CodeFacts
from hrmsops.safety.operations import Field, Gap, Operation, SqlText
from hrmsops.safety.reader.attributes import ancestry, class_attribute, method
from hrmsops.safety.reader.fields import field_from
from hrmsops.safety.reader.signatures import OPERATIONS
from hrmsops.safety.reader.values import Call, Function, Ref, Unresolved, Value

FOREIGN = "another package's operation"
NOT_RESOLVED = "it is computed when the project runs"


class OperationReader:
    """The operations of one migration, and the gaps that were met."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []

    def read(self, value: Value, line: int) -> tuple[Operation, ...]:
        """The operations of a list; what is no list, or no operation, is a gap."""
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self._gap(value, line, "the list of operations")
            return ()
        found: list[Operation] = []
        for each in value:
            if isinstance(each, list | tuple):
                found.extend(self.read(each, line))
            elif isinstance(each, Call):
                found.extend(self._one(each))
            else:
                self._gap(each, getattr(each, "line", line), "an operation")
        return tuple(found)

    def _gap(self, value: Value, line: int, what: str, why: str = NOT_RESOLVED) -> None:
        written = value.text if isinstance(value, Unresolved) else getattr(value, "name", "")
        self.gaps.append(Gap(line, f"{what}: {written}" if written else what, why))

    def _one(self, call: Call) -> tuple[Operation, ...]:
        kind = call.last
        if kind not in OPERATIONS or not _is_djangos(call.function):
            return self._foreign(call)
        arguments = _bound(OPERATIONS[kind], call)
        arguments = self._of_class(call, arguments)
        for name, value in arguments.items():
            if isinstance(value, Unresolved) and name in DECISIVE:
                self._gap(value, value.line or call.line, f"{name} of {call.written or kind}")
        operation = self._made(kind, call, arguments)
        return (self._overridden(call, operation),)

    def _foreign(self, call: Call) -> tuple[Operation, ...]:
        """An operation of another package, or one of the project's own with code of its own."""
        if call.defined is not None:
            classes, _ = ancestry(call.defined)
            forwards = method(classes, "database_forwards")
            if forwards is not None:
                return (self._coded(call, forwards),)
        self.gaps.append(Gap(call.line, f"{call.written or call.function}", FOREIGN))
        return (Operation("Unknown", {}, call.line, call.written or call.function),)

    def _coded(self, call: Call, forwards: Function) -> Operation:
        from hrmsops.safety.code.walking import facts_of

        facts = facts_of(forwards, parameters=("app_label", "editor", "apps", "apps"))
        return Operation("RunPython", {}, call.line, call.written, code=facts, reverse="code")

    def _overridden(self, call: Call, operation: Operation) -> Operation:
        """A subclass that changes what is done forwards is read as code as well."""
        if call.defined is None:
            return operation
        classes, _ = ancestry(call.defined)
        forwards = method(classes, "database_forwards")
        if forwards is None:
            return operation
        coded = self._coded(call, forwards)
        if _calls_super(forwards, "database_forwards") and (
            coded.code is None or coded.code.is_silent
        ):
            return operation
        separate = () if not _calls_super(forwards, "database_forwards") else (operation,)
        return Operation(
            "SeparateDatabaseAndState",
            {},
            call.line,
            call.written,
            state=(operation,) if operation.kind not in ("RunSQL", "RunPython") else (),
            database=(*separate, coded),
        )

    def _of_class(self, call: Call, arguments: dict[str, Value]) -> dict[str, Value]:
        """Arguments that a subclass sets as attributes of the class."""
        if call.defined is None:
            return arguments
        for name in OPERATIONS[call.last]:
            if name not in arguments:
                found = class_attribute(call.defined, name)
                if isinstance(found, str | list | tuple | bool | int | Function | Call):
                    arguments[name] = found
        return arguments

    def _made(self, kind: str, call: Call, arguments: dict[str, Value]) -> Operation:
        if kind == "SeparateDatabaseAndState":
            return Operation(
                kind,
                {},
                call.line,
                call.written,
                state=self.read(arguments.get("state_operations"), call.line),
                database=self.read(arguments.get("database_operations"), call.line),
            )
        if kind == "RunSQL":
            return self._run_sql(call, arguments)
        if kind == "RunPython":
            return self._run_python(call, arguments)
        return Operation(kind, self._with_fields(arguments, call.line), call.line, call.written)

    def _with_fields(self, arguments: dict[str, Value], line: int) -> Mapping[str, Any]:
        found = dict(arguments)
        if "field" in found:
            found["field"] = self._field(found["field"], line)
        if isinstance(found.get("fields"), list | tuple):
            pairs = [self._pair(each, line) for each in found["fields"]]
            found["fields"] = tuple(pair for pair in pairs if pair is not None)
        return found

    def _pair(self, value: Value, line: int) -> tuple[str, Field] | None:
        if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str):
            return value[0], self._field(value[1], line)
        self._gap(value, getattr(value, "line", line), "a field")
        return None

    def _field(self, value: Value, line: int) -> Field:
        if isinstance(value, Call):
            return field_from(value)
        self._gap(value, getattr(value, "line", line), "a field")
        return Field("Unknown", {}, line, is_known=False)

    def _run_sql(self, call: Call, arguments: dict[str, Value]) -> Operation:
        statements = self._statements(arguments.get("sql"), call.line)
        reverse = arguments.get("reverse_sql")
        is_noop = reverse in ("", []) or (isinstance(reverse, Ref) and reverse.last == "noop")
        return Operation(
            "RunSQL",
            {"elidable": arguments.get("elidable", False)},
            call.line,
            call.written,
            state=self.read(arguments.get("state_operations"), call.line),
            sql=statements,
            reverse="noop" if is_noop else "code" if reverse is not None else "",
            reverse_sql=() if is_noop or reverse is None else _undoing(reverse, call.line),
        )

    def _statements(self, value: Value, line: int) -> tuple[SqlText, ...]:
        if isinstance(value, str):
            return (SqlText(value, line),)
        if isinstance(value, Ref) and value.last == "noop":
            return ()
        if isinstance(value, list | tuple | set):
            return tuple(self._statement(each, line) for each in value)
        return (self._unresolved_sql(value, line),)

    def _statement(self, value: Value, line: int) -> SqlText:
        text = _text(value)
        return self._unresolved_sql(value, line) if text is None else SqlText(text, line)

    def _unresolved_sql(self, value: Value, line: int) -> SqlText:
        written = value.text if isinstance(value, Unresolved) else getattr(value, "name", "its SQL")
        self._gap(value, getattr(value, "line", line) or line, "the SQL of RunSQL")
        return SqlText(None, line, written)

    def _run_python(self, call: Call, arguments: dict[str, Value]) -> Operation:
        code = _function(arguments.get("code"))
        reverse = arguments.get("reverse_code")
        is_noop = isinstance(reverse, Ref) and reverse.last == "noop"
        facts = _facts(code)
        unread = ""
        if not isinstance(code, Function) and not (isinstance(code, Ref) and code.last == "noop"):
            self._gap(code, call.line, "the function of RunPython", "it is not in this checkout")
            unread = "the function of RunPython"
        atomic = arguments.get("atomic")
        return Operation(
            "RunPython",
            {"atomic": atomic if isinstance(atomic, bool) else None, "unread": unread},
            call.line,
            call.written,
            code=facts,
            reverse="noop" if is_noop else "code" if reverse is not None else "",
            reverse_code=_facts(_function(reverse)),
        )


def _facts(value: Value) -> CodeFacts | None:
    if not isinstance(value, Function):
        return None
    from hrmsops.safety.code.walking import facts_of

    return facts_of(value)


def _text(value: Value) -> str | None:
    """One statement, alone or with its parameters; None where it could not be resolved."""
    if isinstance(value, list | tuple) and value and isinstance(value[0], str):
        has_parameters = len(value) > 1 and value[1] is not None
        return with_parameters(value[0]) if has_parameters else value[0]
    return value if isinstance(value, str) else None


def _undoing(value: Value, line: int) -> tuple[SqlText, ...]:
    """A reverse's statements; the analysis of what goes forward has no gap for want of one."""
    every = value if isinstance(value, list | tuple | set) else (value,)
    return tuple(SqlText(_text(each), line) for each in every)


def _function(value: Value) -> Value:
    """The function below `functools.partial` and decorators like it."""
    if isinstance(value, Call) and value.last == "partial" and value.args:
        return value.args[0]
    return value


DECISIVE = frozenset(
    {"model_name", "name", "old_name", "new_name", "table", "fields", "unique_together"}
)


def with_parameters(text: str) -> str:
    """A statement as it looks once its parameters are in it."""
    return text.replace("%s", "NULL").replace("%%", "%")


def _bound(names: tuple[str, ...], call: Call) -> dict[str, Value]:
    return {**dict(zip(names, call.args, strict=False)), **call.kwargs}


def _is_djangos(function: str) -> bool:
    return function.startswith("django.") or "." not in function


def _calls_super(function: Function, name: str) -> bool:
    import ast

    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
        for node in ast.walk(function.node)
    )
