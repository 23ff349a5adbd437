"""Reports: either side of a call may report the other; an operator reads and closes them. The other is not told."""

import uuid

from stagedoor.aftercare import problems, queries
from stagedoor.aftercare.model import ReportCase, ReportReason, ReportWire
from stagedoor.calls import PersonWire, locked
from stagedoor.core import paging
from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.events import Journal


class Reports:
    def __init__(self, journal: Journal, database: Database) -> None:
        self._journal = journal
        self._database = database

    async def report(self, person: Person, call_id: uuid.UUID, reason: ReportReason, text: str) -> ReportWire:
        """Report the other side of a call that `person` was in. Raises CallNotFound."""
        async with self._journal.transaction() as tx:
            facts, role = await locked(tx, call_id, person.id)
            accused = facts.fan_id if role == "creator" else facts.creator_id
            row = await queries.insert_report(tx.db, call_id, role, person.id, accused, reason, text)
            await tx.record(
                "call.reported",
                call_id=call_id,
                creator_id=facts.creator_id,
                fan_id=facts.fan_id,
                actor_id=person.id,
                version=facts.version,
                data={"by": role, "reason": reason, "reportId": row["id"], "callType": facts.call_type},
            )
        return ReportWire(**dict(row))

    async def page(
        self, *, only_open: bool, cursor: str | None, limit: int | None
    ) -> tuple[list[ReportCase], str | None]:
        """A page of reports, newest first."""
        size = paging.page_size(limit)
        async with self._database.connection() as connection:
            rows = await queries.reports(connection, only_open, paging.decode_uuid(cursor), size)
        following = paging.encode(rows[-1]["created_at"], rows[-1]["id"]) if len(rows) == size else None
        return [_case(row) for row in rows], following

    async def close(self, operator: Person, report_id: uuid.UUID, resolution: str) -> ReportCase:
        """Raises ReportNotFound, ReportClosed."""
        async with self._journal.transaction() as tx:
            call_id = await queries.close_report(tx.db, report_id, resolution)
            row = await queries.report(tx.db, report_id)
            if row is None:
                raise problems.ReportNotFound
            if call_id is None:
                raise problems.ReportClosed
            data = {"reportId": report_id, "reason": row["reason"]}
            await tx.record("call.report_closed", call_id=call_id, actor_id=operator.id, data=data)
            return _case(row)


def _case(row: queries.Row) -> ReportCase:
    return ReportCase(
        id=row["id"],
        call_id=row["call_id"],
        call_type=row["call_type"],
        reason=row["reason"],
        text=row["body"],
        by=row["role"],
        reporter=person(row, "reporter"),
        accused=person(row, "accused"),
        created_at=row["created_at"],
        closed_at=row["closed_at"],
        resolution=row["resolution"],
    )


def person(row: queries.Row, name: str) -> PersonWire | None:
    """The person whose columns begin with `name`; None once erased."""
    found = row[f"{name}_id"], row[f"{name}_username"], row[f"{name}_display_name"], row[f"{name}_avatar_url"]
    return None if found[0] is None else PersonWire(*found)
