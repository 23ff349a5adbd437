"""The schema: its migrations, what somebody changed by hand, its way back, its backup."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from stagedoor.core import migrate
from stagedoor.ops import schema
from stagedoor.ops.backup import BackupError, newest, rehearse, why_not_trust
from stagedoor.ops.preflight.checks import Answer, Db, Place, bad, check, database_check, good, not_asked
from stagedoor.ops.preflight.hot_queries import HOT
from stagedoor.ops.schema import Section

# A partition's index is part of its parent's.
_WHOLE_INDEXES = """
SELECT DISTINCT coalesce(pg_partition_root(i)::text, i::text) AS name FROM unnest($1::text[]::regclass[]) AS i
"""
_ANSWERS = """
SELECT creator_has_relationship(gen_random_uuid(), gen_random_uuid()) IS FALSE
    AND why_not_see(gen_random_uuid(), gen_random_uuid()) = 'unknown_fan'
    AND why_not_message(gen_random_uuid(), gen_random_uuid()) = 'unknown_fan'
    AND why_not_call(gen_random_uuid(), gen_random_uuid()) = 'unknown_fan'
    AND call_charge(61, 12) = 13
"""


@check("migrations.lint")
async def lint(place: Place) -> Answer:
    try:
        findings = await asyncio.to_thread(place.lint, place.directory)
    except migrate.MigrationError as error:
        if "squawk is not installed" in str(error):
            return not_asked("squawk is not installed here; the release was linted when it was built")
        return bad(str(error), "stagedoor migrate lint")
    if findings:
        return bad(f"{len(findings)} to mend, first {findings[0]}", "stagedoor migrate lint")
    return good("nothing to mend")


@database_check("migrations.pending")
async def pending(place: Place, _db: Db) -> Answer:
    rows = await migrate.status(place.dsn, directory=place.directory)
    unsettled = [row for row in rows if not row.settled]
    if unsettled:
        says = ", ".join(f"{row.title} is {row.state.replace('_', ' ')}" for row in unsettled[:3])
        return bad(says, unsettled[0].mend)
    return good(f"{len(rows)} applied")


@database_check("migrations.rehearsed")
async def rehearsed(place: Place, _db: Db) -> Answer:
    """Undone and applied again on a copy with this data; the schema is afterwards what the migrations make."""
    top = await place.top()
    if not place.rehearsed or not top:
        return not_asked("left out (--quick)" if top else "nothing is applied yet")
    try:
        result = await rehearse(place.dsn, directory=place.directory, reference=await place.reference(top))
    except (BackupError, migrate.MigrationError) as error:
        return bad(str(error), "stagedoor rehearse")
    if result.wrong:
        return bad("; ".join(result.wrong[:3]), "stagedoor rehearse lists everything; write a mending migration")
    return good(f"down and up on a copy in {sum(seconds for _, seconds in result.stops):.1f} s")


def _section(section: Section, mend: str) -> Callable[[Place, Db], Awaitable[Answer]]:
    async def ask(place: Place, db: Db) -> Answer:
        top = await place.top()
        if not top:
            return good("nothing is applied yet")
        found = schema.differences(await place.reference(top), await schema.read(db), section)
        if found:
            return bad("; ".join(found[:3]), mend)
        return good("as the migrations make them")

    return ask


_BACK = "put it back as `stagedoor migrate` made it, or write the change as a migration"
database_check("schema.columns")(_section("columns", _BACK))
database_check("schema.constraints")(_section("constraints", _BACK))
database_check("schema.triggers")(_section("triggers", _BACK))
database_check("schema.views")(_section("views", _BACK))


@database_check("schema.functions")
async def functions(place: Place, db: Db) -> Answer:
    """As the migrations make them, and they answer: false and a reason, never NULL, for people nobody knows."""
    drifted = await _section("functions", _BACK)(place, db)
    if drifted.state != "pass" or not await db.fetchval(
        "SELECT to_regprocedure('why_not_call(uuid,uuid)') IS NOT NULL"
    ):
        return drifted
    if not await db.fetchval(_ANSWERS):
        return bad("a permission function does not answer as it must", "stagedoor migrate status; then restore it")
    return good("as the migrations make them, and they answer")


@database_check("schema.indexes")
async def indexes(place: Place, db: Db) -> Answer:
    """There, valid, and used by every hot query."""
    drifted = await _section("indexes", "CREATE INDEX CONCURRENTLY again as its migration has it; REINDEX if invalid")(
        place, db
    )
    if drifted.state != "pass" or await db.fetchval("SELECT to_regclass('minute_counts') IS NULL"):
        return drifted
    unused = [name for name, query, index in HOT if index not in await _indexes_of(db, query)]
    if unused:
        return bad(f"not by its index: {', '.join(unused)}", "ANALYZE; then EXPLAIN that query")
    return good(f"there, valid, and used by {len(HOT)} hot queries")


async def _indexes_of(db: Db, query: str) -> set[str]:
    """The indexes of the generic plan that reads no table from end to end; empty when it has to.

    EXPLAIN of a statement with NULL for its parameters would plan a constant instead: so PREPARE, then EXECUTE.
    """
    parameters = ", ".join("NULL" for n in range(1, 10) if f"${n}" in query)
    async with db.transaction():
        await db.execute("SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off")
        await db.execute(f"PREPARE hot AS {query}")
        try:
            call = f"({parameters})" if parameters else ""
            plan = json.loads(await db.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot{call}"))[0]["Plan"]
        finally:
            await db.execute("DEALLOCATE hot")
    nodes = list(_nodes(plan))
    if any(node["Node Type"] == "Seq Scan" or node.get("Disabled") for node in nodes):
        return set()
    used = [node["Index Name"] for node in nodes if "Index Name" in node]
    return {row["name"] for row in await db.fetch(_WHOLE_INDEXES, used)}


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in _nodes(child))]


@check("backup")
async def backup(place: Place) -> Answer:
    """The newest backup is fresh, was restored once, and is still the file that was."""
    try:
        found = newest(place.backup_dir)
    except BackupError as error:
        return bad(str(error), "stagedoor backup")
    if found is None:
        return bad(f"there is none in {place.backup_dir}", "stagedoor backup")
    path, told = found
    hours = place.settings.operations.backup_hours
    reasons = await asyncio.to_thread(lambda: why_not_trust(path, told, hours=hours))
    if reasons:
        return bad("; ".join(reasons), "stagedoor backup")
    return good(f"{path.name} is {told.age_seconds / 3600:.1f} h old and was restored")
