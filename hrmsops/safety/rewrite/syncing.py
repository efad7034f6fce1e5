"""Two columns that stand for one while old and new code run side by side."""

from __future__ import annotations

from dataclasses import dataclass

from hrmsops.safety.lowering.names import digest
from hrmsops.safety.rewrite.typing_code import call, literal, quoted, run_sql

NAME_MAX = 63
FUNCTION = '''\
{constant} = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.{new} IS NULL THEN
            NEW.{new} := NEW.{old};
        ELSE
            NEW.{old} := NEW.{new};
        END IF;
    ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} THEN
        NEW.{old} := NEW.{new};
    ELSIF NEW.{old} IS DISTINCT FROM OLD.{old} THEN
        NEW.{new} := NEW.{old};
    END IF;
    RETURN NEW;
END $$
"""'''


@dataclass(frozen=True, slots=True)
class Sync:
    """A trigger that writes each of two columns into the other, whoever writes which."""

    table: str
    old: str
    new: str

    @property
    def name(self) -> str:
        end = f"_{digest(self.table, self.old, self.new)}_sync"
        return f"{self.table}_{self.new}"[: NAME_MAX - len(end)] + end

    @property
    def constant(self) -> str:
        return f"SYNC_{self.old}_{self.new}".upper()

    def function(self) -> str:
        """The text of the function, as a constant above the class."""
        return FUNCTION.format(
            constant=self.constant,
            name=quoted(self.name),
            old=quoted(self.old),
            new=quoted(self.new),
        )

    def begin(self) -> list[str]:
        """The function, then the trigger."""
        return [
            call(
                "migrations.RunSQL",
                sql=self.constant,
                reverse_sql=literal(f"DROP FUNCTION {quoted(self.name)}()"),
            ),
            run_sql(
                f"CREATE TRIGGER {quoted(self.name)} BEFORE INSERT OR UPDATE ON "
                f"{quoted(self.table)} FOR EACH ROW EXECUTE FUNCTION {quoted(self.name)}()",
                f"DROP TRIGGER {quoted(self.name)} ON {quoted(self.table)}",
            ),
        ]

    def end(self) -> list[str]:
        """What is left of it when only the new column is used."""
        table, name = quoted(self.table), quoted(self.name)
        return [
            one_way(f"DROP TRIGGER {name} ON {table}"),
            one_way(f"DROP FUNCTION {name}()"),
            one_way(f"ALTER TABLE {table} DROP COLUMN {quoted(self.old)}"),
        ]


def one_way(sql: str) -> str:
    return call("migrations.RunSQL", sql=literal(sql))
