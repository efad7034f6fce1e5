"""What clients of the HRMS do all day: who only adds, and who edits and deletes as well."""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import count

from hrmsops.sandbox.state import Json
from hrmsops.sandbox.writes import Write

EMPLOYEES, LEAVE_REQUESTS = "employees_employee", "leave_leaverequest"
PAYSLIPS, LINES = "payroll_payslip", "payroll_payslipline"
COMPONENTS = {"BASIC": "1000.00", "SSNIT": "-55.00", "PAYE": "-125.00"}
Sent = Generator[Write, "Json | None", "Json | None"]


def adding(client: str) -> Generator[Write, Json | None, None]:
    """One employee after the other, each with a leave request."""
    for number in count(1):
        employee = yield hire(f"{client}-{number:06d}")
        if employee is not None:
            yield ask_leave(f"{client}-{number:06d}", int(employee["id"]))


def hire(name: str) -> Write:
    """A new employee."""
    body: Json = {
        "request_id": f"employee-{name}",
        "staff_number": name,
        "name": f"Employee {name}",
        "hire_date": "2024-01-01",
        "department_code": "FIN",
    }
    return Write(method="POST", path="/api/employees", body=body)


def ask_leave(name: str, employee: int) -> Write:
    """A new leave request of an employee."""
    body: Json = {
        "request_id": f"leave-{name}",
        "employee_id": employee,
        "leave_type": "annual",
        "starts_on": "2024-07-01",
        "ends_on": "2024-07-05",
    }
    return Write(method="POST", path="/api/leave-requests", body=body)


def issue_payslip(name: str, employee: int) -> Write:
    """A new payslip of an employee with its lines: several rows in one transaction."""
    body: Json = {
        "request_id": f"payslip-{name}",
        "employee_id": employee,
        "pay_period_id": 1,
        "number": f"2024-07/{name}",
        "approved_on": "2024-07-25",
        "lines": COMPONENTS,
    }
    return Write(method="POST", path="/api/payslips", body=body)


@dataclass
class Person:
    """An employee as one client knows him, with the rows that hang on him."""

    key: int
    leave: list[int] = field(default_factory=list)
    payslips: dict[int, list[int]] = field(default_factory=dict)
    """The keys of the lines of each payslip."""


class Office:
    """A client that adds, edits and deletes; nobody else touches the rows that it has made.

    What it is refused it does not ask for again: a row that is not there, a person who is not.
    """

    def __init__(self, client: str) -> None:
        self._client = client
        # The mix of writes, not a secret.
        self._dice = random.Random(client)  # noqa: S311
        self._numbers = count(1)
        self._people: list[Person] = []

    def day(self) -> Generator[Write, Json | None, None]:
        """Writes without end."""
        deeds = {
            self._hire: 14,
            self._ask_leave: 12,
            self._issue: 16,
            self._edit_person: 12,
            self._edit_leave: 14,
            self._edit_payslip: 8,
            self._edit_line: 14,
            self._delete_line: 3,
            self._delete_leave: 4,
            self._delete_payslip: 3,
            self._delete_person: 2,
        }
        while True:
            (deed,) = self._dice.choices(list(deeds), weights=list(deeds.values()))
            yield from deed(self._dice.choice(self._people) if self._people else None)

    def _hire(self, _person: Person | None) -> Generator[Write, Json | None, None]:
        answer = yield hire(self._name())
        if answer:
            self._people.append(Person(key=int(answer["id"])))

    def _ask_leave(self, person: Person | None) -> Generator[Write, Json | None, None]:
        if person:
            answer = yield ask_leave(self._name(), person.key)
            if answer:
                person.leave.append(int(answer["id"]))
            else:
                self._people.remove(person)

    def _issue(self, person: Person | None) -> Generator[Write, Json | None, None]:
        if person:
            answer = yield issue_payslip(self._name(), person.key)
            if answer:
                person.payslips[int(answer["id"])] = [
                    int(each["key"]["id"]) for each in answer["written"] if each["table"] == LINES
                ]
            else:
                self._people.remove(person)

    def _edit_person(self, person: Person | None) -> Generator[Write, Json | None, None]:
        if person:
            name = self._name()
            column, value = self._dice.choice(
                [("name", f"Employee {name}"), ("department_code", f"D{name[-6:]}")]
            )
            answer = yield self._edit("employees", EMPLOYEES, person.key, {column: value})
            # A release without that column refuses it, and has the person all the same.
            if not answer and column == "name":
                self._people.remove(person)

    def _edit_leave(self, person: Person | None) -> Generator[Write, Json | None, None]:
        if person and person.leave:
            key = self._dice.choice(person.leave)
            day = self._dice.randint(10, 28)
            change = self._dice.choice([{"ends_on": f"2024-07-{day}"}, {"leave_type": "study"}])
            answer = yield self._edit("leave-requests", LEAVE_REQUESTS, key, change)
            if not answer:
                person.leave.remove(key)

    def _edit_payslip(self, person: Person | None) -> Generator[Write, Json | None, None]:
        if person and person.payslips:
            key = self._dice.choice(list(person.payslips))
            note = {"note": f"Checked {self._name()}"}
            answer = yield self._edit("payslips", PAYSLIPS, key, note)
            if not answer:
                del person.payslips[key]

    def _edit_line(self, person: Person | None) -> Generator[Write, Json | None, None]:
        if found := self._line(person):
            lines, key = found
            amount = {"amount": f"{self._dice.randint(1, 900)}.50"}
            answer = yield self._edit("payslip-lines", LINES, key, amount)
            if not answer:
                lines.remove(key)

    def _delete_line(self, person: Person | None) -> Generator[Write, Json | None, None]:
        if (found := self._line(person)) and len(found[0]) > 1:
            lines, key = found
            yield self._delete("payslip-lines", (LINES, key))
            lines.remove(key)

    def _delete_leave(self, person: Person | None) -> Generator[Write, Json | None, None]:
        if person and person.leave:
            key = self._dice.choice(person.leave)
            yield self._delete("leave-requests", (LEAVE_REQUESTS, key))
            person.leave.remove(key)

    def _delete_payslip(self, person: Person | None) -> Generator[Write, Json | None, None]:
        if person and person.payslips:
            key = self._dice.choice(list(person.payslips))
            lines = [(LINES, each) for each in person.payslips[key]]
            yield self._delete("payslips", (PAYSLIPS, key), *lines)
            del person.payslips[key]

    def _delete_person(self, person: Person | None) -> Generator[Write, Json | None, None]:
        if person and not person.leave and not person.payslips:
            yield self._delete("employees", (EMPLOYEES, person.key))
            self._people.remove(person)

    def _line(self, person: Person | None) -> tuple[list[int], int] | None:
        """The lines of one of the person's payslips, and one of them."""
        kept = [lines for lines in person.payslips.values() if lines] if person else []
        if not kept:
            return None
        lines = self._dice.choice(kept)
        return lines, self._dice.choice(lines)

    def _edit(self, path: str, table: str, key: int, change: Json) -> Write:
        body = {"request_id": f"edit-{self._name()}", **change}
        return Write(method="PATCH", path=f"/api/{path}/{key}", body=body, touches=((table, key),))

    def _delete(self, path: str, *rows: tuple[str, int]) -> Write:
        """The first of the rows is deleted, the others go with it."""
        body = {"request_id": f"delete-{self._name()}"}
        return Write(
            method="DELETE", path=f"/api/{path}/{rows[0][1]}", body=body, touches=tuple(rows)
        )

    def _name(self) -> str:
        return f"{self._client}-{next(self._numbers):06d}"


def editing(client: str) -> Generator[Write, Json | None, None]:
    """Employees, leave requests and payslips are added, edited and deleted."""
    yield from Office(client).day()


def importing(client: str) -> Generator[Write, Json | None, None]:
    """The same, and after each of these a row that came in from another system."""
    days, answer = Office(client).day(), None
    write = next(days)
    for number in count(1):
        answer = yield write
        write = days.send(answer)
        body: Json = {
            "request_id": f"import-{client}-{number:06d}",
            "source": f"{client}.csv",
            "row_number": number,
            "status": "DONE",
        }
        yield Write(method="POST", path="/api/import-records", body=body)
