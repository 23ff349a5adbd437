"""What a database's schema is, read from the catalog: the same text for the same schema, whenever it was made.

Compared with a database that the migrations alone made, it shows what somebody changed by hand. Partitions are left
out: which there are depends on the month, and what they are follows from their parent.
"""

from collections.abc import Mapping
from typing import Literal

from stagedoor.core.db import Connection

Section = Literal["columns", "constraints", "indexes", "functions", "triggers", "views"]
Schema = Mapping[Section, Mapping[str, str]]

_HERE = "current_schema()::regnamespace"
_OWN = "NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = {oid} AND e.deptype = 'e')"
_WHOLE = "NOT c.relispartition"  # of an index: of its own table
_SECTIONS: Mapping[Section, str] = {
    "columns": f"""
        SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
            || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
            || CASE WHEN a.attidentity <> '' THEN ' IDENTITY' ELSE '' END
            || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = {_HERE} AND {_WHOLE} AND {_OWN.format(oid="c.oid")}""",
    "constraints": f"""
        SELECT n.conrelid::regclass || '.' || n.conname, pg_get_constraintdef(n.oid)
            || CASE WHEN n.convalidated THEN '' ELSE ' (not validated)' END
        FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
        WHERE n.connamespace = {_HERE} AND n.contype IN ('c', 'f') AND {_WHOLE}""",
    "indexes": f"""
        SELECT c.relname, pg_get_indexdef(c.oid) || CASE WHEN i.indisvalid THEN '' ELSE ' (not valid)' END
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = {_HERE} AND {_WHOLE} AND {_OWN.format(oid="i.indrelid")}""",
    "functions": f"""
        SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p
        WHERE p.pronamespace = {_HERE} AND p.prokind IN ('f', 'p') AND {_OWN.format(oid="p.oid")}""",
    "triggers": f"""
        SELECT t.tgrelid::regclass || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND c.relnamespace = {_HERE} AND {_WHOLE}""",
    "views": f"""
        SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c
        WHERE c.relkind IN ('v', 'm') AND c.relnamespace = {_HERE} AND {_OWN.format(oid="c.oid")}""",
}


async def read(db: Connection) -> dict[Section, dict[str, str]]:
    """Every section, each object by name with its definition."""
    return {section: {row[0]: row[1] for row in await db.fetch(query)} for section, query in _SECTIONS.items()}


def differences(expected: Schema, actual: Schema, section: Section) -> list[str]:
    """What of one section is missing, unexpected or different, one phrase each."""
    wanted, there = expected[section], actual[section]
    found = [f"{name} is missing" for name in wanted if name not in there]
    found += [f"{name} is not of the migrations" for name in there if name not in wanted]
    found += [f"{name} differs" for name in wanted if name in there and wanted[name] != there[name]]
    return sorted(found)
