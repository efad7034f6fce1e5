"""All that a table is made of and all that hangs on it, in PostgreSQL's own words."""

from __future__ import annotations

from dataclasses import dataclass

from hrmsops.postgres.catalog import TableName


@dataclass(frozen=True, kw_only=True)
class ShapeColumn:
    """One column. `default` in SQL, also of a generated one; `identity` as pg_attribute has it.

    `tuning`: what follows `ALTER COLUMN …` to store and sample it so.
    """

    name: str
    type: str
    is_required: bool
    default: str
    identity: str
    is_generated: bool
    comment: str
    tuning: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ShapeIndex:
    """An index. `columns` has "" for an expression; `tail` is what follows the table's name."""

    name: str
    tail: str
    columns: tuple[str, ...]
    """The keys, without what is only included."""
    included: tuple[str, ...]
    is_unique: bool
    is_primary: bool
    is_exclusion: bool
    is_valid: bool
    is_deferrable: bool
    constraint: str
    """`UNIQUE (a, b)` where a constraint owns it, else ""."""
    comment: str
    constraint_comment: str
    storage: str
    """` WITH (fillfactor = '70')`, or ""."""


@dataclass(frozen=True, kw_only=True)
class ShapeConstraint:
    """A check or a foreign key."""

    name: str
    definition: str
    is_valid: bool
    is_inherited_no_further: bool
    """NO INHERIT."""
    comment: str


@dataclass(frozen=True, kw_only=True)
class ShapeSequence:
    """A sequence that belongs to a column. `is_identity`: it is the column's own."""

    name: TableName
    column: str
    is_identity: bool
    options: str
    """`START WITH … INCREMENT BY …`, to make another one alike."""
    has_other_users: bool
    """Another table's default takes numbers from it."""
    grants: tuple[str, ...]
    """`SELECT ON SEQUENCE %s TO hrms_ops`; none where only its owner has any."""
    comment: str


@dataclass(frozen=True, kw_only=True)
class ShapeTrigger:
    """A trigger that somebody made. `definition` is `head` ON the table `tail`."""

    name: str
    definition: str
    head: str
    tail: str
    is_plain: bool
    """Enabled as it was made, not ALWAYS, REPLICA or DISABLED."""
    has_transition_tables: bool
    is_before_row: bool
    function: str
    names_table: bool
    """Its function asks for the table's name, which will be a partition's."""
    comment: str


@dataclass(frozen=True, kw_only=True)
class ShapePolicy:
    """A row security policy, as what follows `ON TABLE`."""

    name: str
    tail: str
    comment: str


@dataclass(frozen=True, kw_only=True)
class ShapeGrant:
    """One privilege. `column` "": on the whole table; `grantee` None: PUBLIC."""

    grantee: str | None
    privilege: str
    is_grantable: bool
    column: str


@dataclass(frozen=True, kw_only=True)
class ShapeView:
    """A view that reads the table."""

    name: TableName
    definition: str
    options: tuple[str, ...]
    is_materialized: bool
    is_ours: bool
    """The role that we act as may replace it."""
    groups_by_key: bool
    """It groups by the primary key and selects other columns: it depends on the constraint."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One table."""

    name: TableName
    kind: str
    """pg_class.relkind."""
    is_permanent: bool
    is_partition: bool
    has_relatives: bool
    """It inherits, or is inherited from."""
    is_typed: bool
    owner: str
    is_ours: bool
    role: str
    """Whom we act as."""
    options: tuple[str, ...]
    tablespace: str
    replica_identity: str
    comment: str
    has_row_security: bool
    forces_row_security: bool
    columns: tuple[ShapeColumn, ...]
    indexes: tuple[ShapeIndex, ...]
    checks: tuple[ShapeConstraint, ...]
    foreign_keys: tuple[ShapeConstraint, ...]
    incoming: tuple[tuple[TableName, str], ...]
    """Tables whose foreign keys point here, with the constraint's name."""
    sequences: tuple[ShapeSequence, ...]
    triggers: tuple[ShapeTrigger, ...]
    policies: tuple[ShapePolicy, ...]
    grants: tuple[ShapeGrant, ...]
    views: tuple[ShapeView, ...]
    rules: tuple[str, ...]
    publications: tuple[str, ...]
    dependents: tuple[str, ...]
    """What else depends on the table or its row type, and is bound to it for good."""
    staying: tuple[str, ...]
    """What only helps whoever reads it, and is not handed down to partitions."""

    @property
    def primary_key(self) -> ShapeIndex | None:
        return next((each for each in self.indexes if each.is_primary), None)

    def column(self, name: str) -> ShapeColumn | None:
        return next((each for each in self.columns if each.name == name), None)

    def names(self) -> tuple[str, ...]:
        """Every column that can be written, in order."""
        return tuple(each.name for each in self.columns if not each.is_generated)
