"""Everything that is kept about a person, as one JSON document. Its form is documented in docs/export.md."""

import uuid
from datetime import UTC, datetime
from typing import Any

from stagedoor.billing import Receipts, balance_of
from stagedoor.calls import CallReader, CallWire
from stagedoor.core import paging
from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.core.wire import Wire
from stagedoor.events import Journal
from stagedoor.privacy import export_queries as queries
from stagedoor.privacy.trail import Trail

FORMAT = "stagedoor-export/1"
_POLICY = ("visibility", "allowDm", "allowCalls", "searchable", "quietFrom", "quietUntil", "timezone")
Section = list[dict[str, Any]]


class ExportWire(Wire, frozen=True, kw_only=True):
    """The document. `profile` and `settings` are null, and every list empty, once the person is erased."""

    format: str = FORMAT
    exported_at: datetime
    profile: dict[str, Any] | None
    settings: dict[str, Any] | None
    follows: Section
    tips: Section
    relationships: Section
    blocks: Section
    messages: Section
    calls: Section
    wallet: dict[str, int]
    ledger: Section
    ratings: Section
    reports: Section
    disputes: Section
    push_subscriptions: Section
    share_cards: Section
    events: Section
    as_creator: dict[str, Section]


class Exporter:
    def __init__(
        self, journal: Journal, database: Database, calls: CallReader, receipts: Receipts, trail: Trail
    ) -> None:
        self._journal = journal
        self._database = database
        self._calls = calls
        self._receipts = receipts
        self._trail = trail

    async def ask(self, person: Person) -> ExportWire:
        """The person's own request: it is recorded, and the record is in the document."""
        async with self._journal.transaction() as tx:
            await tx.record("fan.exported", fan_id=person.id, actor_id=person.id)
        return await self.of(person.id)

    async def of(self, person: uuid.UUID) -> ExportWire:
        async with self._database.connection() as connection:
            account = await queries.section(connection, queries.ACCOUNT, person)
            sections = {
                name: await queries.section(connection, statement, person)
                for name, statement in queries.SECTIONS.items()
            }
            as_creator = {
                name: await queries.section(connection, statement, person)
                for name, statement in queries.CREATOR_SECTIONS.items()
            }
            wallet = await balance_of(connection, person)
        profile = account[0] if account else None
        settings = None if profile is None else {name: profile.pop(name) for name in _POLICY}
        return ExportWire(
            exported_at=datetime.now(UTC),
            profile=profile,
            settings=settings,
            follows=sections["follows"],
            tips=sections["tips"],
            relationships=sections["relationships"],
            blocks=sections["blocks"],
            messages=sections["messages"],
            calls=await self._all_calls(person),
            wallet={"balance": wallet.balance, "held": wallet.held, "available": wallet.available},
            ledger=sections["ledger"],
            ratings=sections["ratings"],
            reports=sections["reports"],
            disputes=sections["disputes"],
            push_subscriptions=sections["pushSubscriptions"],
            share_cards=sections["shareCards"],
            events=[_plain(event) for event in await self._trail.all(person)],
            as_creator=as_creator,
        )

    async def _all_calls(self, person: uuid.UUID) -> Section:
        """Every call, newest first; those that are over with their receipt."""
        calls = await self._calls.current(person)
        cursor = None
        while True:
            page, cursor = await self._calls.history(person, cursor, paging.PAGE_MAX)
            calls += page
            if cursor is None:
                return [await self._with_receipt(person, call) for call in calls]

    async def _with_receipt(self, person: uuid.UUID, call: CallWire) -> dict[str, Any]:
        receipt = None if call.ended_at is None else await self._receipts.of(person, call.id)
        return {**_plain(call), "receipt": None if receipt is None else _plain(receipt)}


def _plain(wire: Wire) -> dict[str, Any]:
    """The fields by their names on the wire."""
    return dict(zip(wire.__struct_encode_fields__, (getattr(wire, n) for n in wire.__struct_fields__), strict=True))
