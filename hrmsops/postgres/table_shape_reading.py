"""Reading the shape of one table: a dozen queries of pg_catalog in one trip to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.table_shape import (
    Shape,
    ShapeColumn,
    ShapeConstraint,
    ShapeGrant,
    ShapeIndex,
    ShapePolicy,
    ShapeSequence,
    ShapeTrigger,
    ShapeView,
)

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

    Row = tuple[Any, ...]

_OID: LiteralString = "SELECT to_regclass(format('%%I.%%I', %s::text, %s::text))::oid"
_TABLE: LiteralString = """
    SELECT c.relkind::text, c.relpersistence = 'p', c.relispartition,
           EXISTS (SELECT FROM pg_inherits i WHERE (i.inhparent = c.oid AND c.relkind <> 'p')
                   OR (i.inhrelid = c.oid AND NOT c.relispartition)),
           c.reloftype <> 0, pg_get_userbyid(c.relowner)::text,
           pg_has_role(current_user, c.relowner, 'USAGE'), current_user::text,
           coalesce(c.reloptions, '{}'),
           coalesce((SELECT spcname::text FROM pg_tablespace s WHERE s.oid = c.reltablespace), ''),
           c.relreplident::text, coalesce(obj_description(c.oid, 'pg_class'), ''),
           c.relrowsecurity, c.relforcerowsecurity
    FROM pg_class c WHERE c.oid = %(oid)s
"""
_COLUMNS: LiteralString = """
    SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attidentity::text, a.attgenerated <> '',
           coalesce(col_description(a.attrelid, a.attnum), ''), array_remove(ARRAY[
               'SET STATISTICS ' || nullif(a.attstattarget, -1),
               'SET (' || array_to_string(a.attoptions, ', ') || ')',
               'SET STORAGE ' || CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage
                    WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                    ELSE 'EXTENDED' END END,
               'SET COMPRESSION ' || CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4'
                    END], NULL)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_INDEXES: LiteralString = """
    SELECT i.relname::text,
           substr(pg_get_indexdef(x.indexrelid), 2 + length(format(
               'CREATE %%sINDEX %%I ON %%s%%I.%%I', CASE WHEN x.indisunique THEN 'UNIQUE ' END,
               i.relname, CASE WHEN i.relkind = 'I' THEN 'ONLY ' END, n.nspname, c.relname))),
           (SELECT array_agg(coalesce(a.attname::text, '') ORDER BY k.place)
            FROM unnest(x.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
            LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
                 AND k.attnum > 0
            WHERE k.place <= x.indnkeyatts),
           (SELECT array_agg(a.attname::text ORDER BY k.place)
            FROM unnest(x.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
            JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
            WHERE k.place > x.indnkeyatts),
           x.indisunique, x.indisprimary, x.indisexclusion, x.indisvalid,
           NOT x.indimmediate, coalesce(pg_get_constraintdef(k.oid), ''),
           coalesce(obj_description(i.oid, 'pg_class'), ''),
           coalesce(obj_description(k.oid, 'pg_constraint'), ''),
           coalesce((SELECT ' WITH (' || string_agg(format('%%s = %%L', split_part(o, '=', 1),
                                                           substr(o, strpos(o, '=') + 1)), ', ')
                            || ')' FROM unnest(i.reloptions) o), '')
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x')
         AND k.conrelid = x.indrelid
    WHERE x.indrelid = %(oid)s ORDER BY NOT x.indisprimary, i.relname
"""
_CONSTRAINTS: LiteralString = """
    SELECT k.contype::text, k.conname::text, pg_get_constraintdef(k.oid), k.convalidated,
           k.connoinherit AND k.contype = 'c', coalesce(obj_description(k.oid, 'pg_constraint'), '')
    FROM pg_constraint k WHERE k.conrelid = %(oid)s AND k.contype IN ('c', 'f')
      AND k.conparentid = 0 ORDER BY k.conname
"""
_INCOMING: LiteralString = """
    SELECT n.nspname::text, c.relname::text, k.conname::text
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.confrelid = %(oid)s AND k.contype = 'f' AND k.conparentid = 0 ORDER BY 1, 2, 3
"""
_SEQUENCES: LiteralString = """
    SELECT n.nspname::text, s.relname::text, a.attname::text, d.deptype = 'i',
           format('AS %%s START WITH %%s INCREMENT BY %%s MINVALUE %%s MAXVALUE %%s CACHE %%s %%s',
                  format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, q.seqmax,
                  q.seqcache, CASE WHEN q.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END),
           EXISTS (SELECT FROM pg_depend u JOIN pg_attrdef f ON f.oid = u.objid
                   WHERE u.classid = 'pg_attrdef'::regclass AND u.refobjid = s.oid
                     AND f.adrelid <> d.refobjid),
           ARRAY(SELECT format('%%s ON SEQUENCE %%%%s TO %%s%%s', x.privilege_type,
                               coalesce(quote_ident(r.rolname), 'PUBLIC'),
                               CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END)
                 FROM aclexplode(s.relacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee ORDER BY 1),
           coalesce(obj_description(s.oid, 'pg_class'), '')
    FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    JOIN pg_namespace n ON n.oid = s.relnamespace JOIN pg_sequence q ON q.seqrelid = s.oid
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = %(oid)s AND d.deptype IN ('a', 'i') ORDER BY a.attnum
"""
_TRIGGERS: LiteralString = """
    SELECT t.tgname::text, d.made, left(d.made, d.at), substr(d.made, d.at + length(d.place) + 1),
           t.tgenabled = 'O', t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL,
           (t.tgtype & 3) = 3, p.proname::text, p.prosrc ~* 'tg_(table_name|relname|relid)',
           coalesce(obj_description(t.oid, 'pg_trigger'), '')
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT made, place, name + strpos(substr(made, name + 1), place) - 1 AS at
        FROM (SELECT pg_get_triggerdef(t.oid), format(' ON %%I.%%I ', n.nspname, c.relname),
                     length(format('CREATE %%sTRIGGER %%I', CASE WHEN t.tgconstraint <> 0
                                   THEN 'CONSTRAINT ' END, t.tgname))) AS m(made, place, name)) d
    WHERE t.tgrelid = %(oid)s AND NOT t.tgisinternal AND t.tgparentid = 0 ORDER BY t.tgname
"""
_POLICIES: LiteralString = """
    SELECT p.policyname::text,
           format('AS %%s FOR %%s TO %%s', p.permissive, p.cmd,
                  (SELECT string_agg(CASE r WHEN 'public' THEN 'PUBLIC'
                                     ELSE quote_ident(r) END, ', ') FROM unnest(p.roles::text[]) r))
           || coalesce(' USING (' || p.qual || ')', '')
           || coalesce(' WITH CHECK (' || p.with_check || ')', ''),
           coalesce(obj_description(o.oid, 'pg_policy'), '')
    FROM pg_policies p JOIN pg_class c ON c.relname = p.tablename
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = p.schemaname
    JOIN pg_policy o ON o.polrelid = c.oid AND o.polname = p.policyname
    WHERE c.oid = %(oid)s ORDER BY 1
"""
_GRANTS: LiteralString = """
    SELECT r.rolname::text, x.privilege_type, x.is_grantable, ''
    FROM pg_class c CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
    LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE c.oid = %(oid)s
    UNION SELECT r.rolname::text, x.privilege_type, x.is_grantable, a.attname::text
    FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) x
    LEFT JOIN pg_roles r ON r.oid = x.grantee
    WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 4, 1, 2
"""
_VIEWS: LiteralString = """
    SELECT DISTINCT n.nspname::text, v.relname::text, pg_get_viewdef(v.oid),
           coalesce(v.reloptions, '{}'), v.relkind = 'm',
           pg_has_role(current_user, v.relowner, 'USAGE'),
           EXISTS (SELECT FROM pg_depend g WHERE g.classid = 'pg_rewrite'::regclass
                   AND g.objid = r.oid AND g.refclassid = 'pg_constraint'::regclass)
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class
    JOIN pg_namespace n ON n.oid = v.relnamespace
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = %(oid)s AND v.oid <> %(oid)s AND v.relkind IN ('v', 'm') ORDER BY 1, 2
"""
_RULES: LiteralString = """
    SELECT DISTINCT r.rulename::text FROM pg_rewrite r WHERE r.ev_class = %(oid)s
    UNION SELECT r.rulename::text FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    JOIN pg_class c ON c.oid = r.ev_class
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = %(oid)s AND (c.relkind NOT IN ('v', 'm') OR r.ev_type <> '1') ORDER BY 1
"""
_PUBLICATIONS: LiteralString = """
    SELECT p.pubname::text FROM pg_publication_tables p
    JOIN pg_class c ON c.relname = p.tablename
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = p.schemaname
    WHERE c.oid = %(oid)s ORDER BY 1
"""
# Whatever is bound to the table's own number and is not carried over by us. What it is looked for
# by comes first, so that pg_depend is read by its index. What reads its rows as a whole, or is a
# policy that looks into the table again, names it in its own definition.
_DEPENDENTS: LiteralString = """
    SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
    FROM pg_class c CROSS JOIN LATERAL (
        SELECT 'pg_class'::regclass::oid, c.oid
        UNION ALL SELECT 'pg_type'::regclass::oid, unnest(ARRAY[t.oid, t.typarray])
        FROM pg_type t WHERE t.oid = c.reltype) AS own(classid, objid)
    JOIN pg_depend d ON d.refclassid = own.classid AND d.refobjid = own.objid
    WHERE c.oid = %(oid)s AND d.deptype = 'n'
      AND d.classid NOT IN ('pg_constraint'::regclass, 'pg_rewrite'::regclass)
      AND NOT (d.classid = 'pg_class'::regclass AND d.objid = c.oid)
      AND NOT EXISTS (SELECT FROM pg_policy p WHERE d.classid = 'pg_policy'::regclass
                      AND p.oid = d.objid AND p.polrelid = c.oid)
      AND NOT EXISTS (SELECT FROM pg_trigger t WHERE d.classid = 'pg_trigger'::regclass
                      AND t.oid = d.objid AND t.tgrelid = c.oid)
      AND NOT EXISTS (SELECT FROM pg_attrdef f WHERE d.classid = 'pg_attrdef'::regclass
                      AND f.oid = d.objid AND f.adrelid = c.oid)
    UNION SELECT pg_describe_object('pg_constraint'::regclass, k.oid, 0) FROM pg_constraint k
    WHERE k.conrelid = %(oid)s AND k.contype = 'c' AND k.conbin::text ~ ':varattno 0 '
    UNION SELECT pg_describe_object('pg_class'::regclass, x.indexrelid, 0) FROM pg_index x
    WHERE x.indrelid = %(oid)s AND concat(x.indexprs::text, x.indpred::text) ~ ':varattno 0 '
    UNION SELECT pg_describe_object('pg_policy'::regclass, p.oid, 0) FROM pg_policy p
    WHERE p.polrelid = %(oid)s AND concat(p.polqual::text, p.polwithcheck::text)
          ~ concat(':varattno 0 |:relid ', %(oid)s::text, ' ')
    ORDER BY 1
"""
# What only helps whoever reads it, and is not handed down to partitions.
_STAYING: LiteralString = """
    SELECT format('Extended statistics %%s', s.stxname) FROM pg_statistic_ext s
    WHERE s.stxrelid = %(oid)s
    UNION SELECT format('The mark of CLUSTER on %%s', x.indexrelid::regclass) FROM pg_index x
    WHERE x.indrelid = %(oid)s AND x.indisclustered
    UNION SELECT format('The statistics target of index %%s', x.indexrelid::regclass)
    FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indexrelid
    WHERE x.indrelid = %(oid)s AND a.attstattarget >= 0
    UNION SELECT format('TOAST parameter %%s', unnest(t.reloptions)) FROM pg_class c
    JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = %(oid)s ORDER BY 1
"""
_QUERIES = (
    _TABLE,
    _COLUMNS,
    _INDEXES,
    _CONSTRAINTS,
    _INCOMING,
    _SEQUENCES,
    _TRIGGERS,
    _POLICIES,
    _GRANTS,
    _VIEWS,
    _RULES,
    _PUBLICATIONS,
    _DEPENDENTS,
    _STAYING,
)


def read_shape(session: Session, name: TableName) -> Shape | None:
    """The shape of a table as this session's transaction sees it; None where there is none."""
    row = session.execute(_OID, list(name)).fetchone()
    if row is None or row[0] is None:
        return None
    with session.pipeline():
        cursors = [session.execute(query, {"oid": row[0]}) for query in _QUERIES]
        found = [cursor.fetchall() for cursor in cursors]
    table, columns, indexes, constraints, incoming, sequences, triggers, *rest = found
    policies, grants, views, rules, publications, dependents, staying = rest
    return Shape(
        name=name,
        **_facts(table[0]),
        columns=tuple(_made(ShapeColumn, (*column, tuple(tuning))) for *column, tuning in columns),
        indexes=tuple(_index(each) for each in indexes),
        checks=tuple(_made(ShapeConstraint, each[1:]) for each in constraints if each[0] == "c"),
        foreign_keys=tuple(
            _made(ShapeConstraint, each[1:]) for each in constraints if each[0] == "f"
        ),
        incoming=tuple((TableName(schema, table), name) for schema, table, name in incoming),
        sequences=tuple(
            _made(ShapeSequence, (TableName(schema, name), *rest, tuple(grants), comment))
            for schema, name, *rest, grants, comment in sequences
        ),
        triggers=tuple(_made(ShapeTrigger, each) for each in triggers),
        policies=tuple(_made(ShapePolicy, each) for each in policies),
        grants=tuple(_made(ShapeGrant, each) for each in grants),
        views=tuple(_view(each) for each in views),
        rules=tuple(each for (each,) in rules),
        publications=tuple(each for (each,) in publications),
        dependents=tuple(each for (each,) in dependents),
        staying=tuple(each for (each,) in staying),
    )


def _facts(row: Row) -> dict[str, Any]:
    names = (
        "kind",
        "is_permanent",
        "is_partition",
        "has_relatives",
        "is_typed",
        "owner",
        "is_ours",
        "role",
        "options",
        "tablespace",
        "replica_identity",
        "comment",
        "has_row_security",
        "forces_row_security",
    )
    facts = dict(zip(names, row, strict=True))
    return facts | {"options": tuple(facts["options"])}


def _made(kind: Any, row: Row) -> Any:
    return kind(**dict(zip(kind.__dataclass_fields__, row, strict=True)))


def _index(row: Row) -> ShapeIndex:
    name, tail, columns, included, *rest = row
    lists = (tuple(columns or ()), tuple(included or ()))
    made: ShapeIndex = _made(ShapeIndex, (name, tail, *lists, *rest))
    return made


def _view(row: Row) -> ShapeView:
    schema, name, definition, options, *rest = row
    made: ShapeView = _made(ShapeView, (TableName(schema, name), definition, tuple(options), *rest))
    return made
