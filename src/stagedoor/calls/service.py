"""The story of a call: ring, accept, decline, cancel, end.

Each verb locks the call, looks, changes and records in one transaction. In every race one wins, because the
look and the change happen under the same lock; the losers are told what happened instead.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import asyncpg

from stagedoor.calls import clock, problems, queries, tell
from stagedoor.calls.model import LIVE, CallType, CallWire, EndReason, Facts, Ring, Role
from stagedoor.calls.present import ringing
from stagedoor.calls.together import Rings
from stagedoor.core.idempotency import Once
from stagedoor.core.identity import Person
from stagedoor.core.problems import Refusal, ValidationFailed
from stagedoor.events import Journal, Transaction, request_id, to_creator, to_fan
from stagedoor.settings import Calls as Rules

_CONSTRAINTS: dict[str, type[Refusal]] = {
    "one_call_a_creator": problems.CreatorBusy,
    "one_live_call_a_fan": problems.FanBusy,
    "sufficient_tokens": problems.InsufficientTokens,
    "invitation_is_not_late": problems.InvitationExpired,
    "call_cooldowns_fan_id_fkey": problems.FanUnavailable,  # erased meanwhile
}


class Calls:
    """The verbs. `wake` is told in how many seconds a call's next deadline is, which the sweeper may not know of."""

    def __init__(self, journal: Journal, rules: Rules, media_provider: str, wake: Callable[[float], None]) -> None:
        self._journal = journal
        self._rules = rules
        self._media_provider = media_provider
        self._rings = Rings(journal, rules, media_provider)
        self._wake = wake

    async def initiate(
        self, creator: Person, fan_id: uuid.UUID, call_type: CallType, idempotency_key: str | None = None
    ) -> tuple[uuid.UUID, CallWire | None]:
        """Ring `fan_id`. Returns the call's id, and the call as it begins; without it when the key's first use rang.

        Raises FanUnavailable, CreatorBusy, FanBusy, CallCooldown.
        """
        ring = Ring(creator, fan_id, call_type, request_id())
        try:
            if idempotency_key is None:
                rang = _or_why_not(await self._rings.ask(ring))
            else:
                once = Once(creator.id, "initiate", idempotency_key, [fan_id, call_type])
                async with self._journal.transaction() as tx:
                    before = await once.answered(tx.db)
                    if before is not None:
                        return uuid.UUID(before), None
                    rang = _or_why_not(await queries.ring(tx.db, ring, self._rules, self._media_provider))
                    tell.rang(tx, rang, ring)
                    await once.answer(tx.db, rang["call_id"])
        except asyncpg.IntegrityConstraintViolationError as error:
            raise _named(error) from error
        self._wake(self._rules.ring_seconds)
        return rang["call_id"], ringing(rang, ring, self._rules.increment_seconds)

    async def accept(self, fan: Person, call_id: uuid.UUID, max_tokens: int | None, device_id: str | None) -> None:
        """Answer the ring and hold the first minutes' tokens. Accepting twice from the same device is one accept.

        Raises AnsweredElsewhere, InvitationExpired, CallCancelled, CallNotAllowed, FanBusy, InsufficientTokens.
        """
        try:
            async with self._journal.transaction() as tx:
                facts, role = await locked(tx, call_id, fan.id)
                if role != "fan":
                    raise problems.CallNotFound
                if facts.state in LIVE and device_id is not None and facts.fan_device_id == device_id:
                    return
                _still_ringing(facts)
                await self._accept(tx, facts, max_tokens, device_id)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise _named(error) from error
        self._wake(self._rules.connect_seconds)

    async def _accept(self, tx: Transaction, facts: Facts, max_tokens: int | None, device_id: str | None) -> None:
        reason, busy = await queries.obstacles(tx.db, facts.creator_id, facts.fan_id)
        if reason is not None:
            raise problems.CallNotAllowed(because=reason)
        if busy:
            raise problems.FanBusy
        rate = facts.tokens_per_minute
        available = facts.fan_available_tokens
        if available < rate:
            raise problems.InsufficientTokens(details={"missingTokens": rate - available, "tokensPerMinute": rate})
        least = clock.tokens_for(facts.increment_seconds, rate)
        if max_tokens is not None and max_tokens < least:
            raise ValidationFailed(details=[{"field": "maxTokens", "message": f"must be at least {least}"}])
        limit = available if max_tokens is None else min(available, max_tokens)
        version = await queries.accept(
            tx.db,
            facts,
            hold=min(limit, rate * self._rules.hold_minutes),
            max_tokens=max_tokens,
            device_id=device_id,
            due_at=facts.now + timedelta(seconds=self._rules.connect_seconds),
        )
        tells = [
            to_creator(facts.creator_id, "call:accepted", callId=facts.id, fanId=facts.fan_id),
            to_fan(facts.fan_id, "call:answered_elsewhere", callId=facts.id, deviceId=device_id, outcome="accepted"),
        ]
        await tell.transition(tx, facts, version, "connecting", by="fan", tells=tells)

    async def decline(self, fan: Person, call_id: uuid.UUID, call_back_minutes: int | None = None) -> None:
        """The fan does not want this call, or wants it `call_back_minutes` later: the creator is told when.
        Declining again changes nothing."""
        await self._answer(fan.id, call_id, "fan", "declined", call_back_minutes)

    async def decline_for(self, fan_id: uuid.UUID, call_id: uuid.UUID) -> None:
        """The same, by whoever holds the pass that was pushed to `fan_id` with this ring."""
        await self._answer(fan_id, call_id, "fan", "declined")

    async def cancel(self, creator: Person, call_id: uuid.UUID) -> None:
        """The creator stops ringing. Cancelling again changes nothing."""
        await self._answer(creator.id, call_id, "creator", "cancelled")

    async def _answer(
        self,
        person: uuid.UUID,
        call_id: uuid.UUID,
        role: Role,
        state: Literal["declined", "cancelled"],
        call_back_minutes: int | None = None,
    ) -> None:
        async with self._journal.transaction() as tx:
            facts, actual = await locked(tx, call_id, person)
            if actual != role:
                raise problems.CallNotFound
            if facts.state == state:
                return
            _still_ringing(facts)
            version = await queries.answer(tx.db, facts.id, state, None)
            data: dict[str, Any] = {}
            if call_back_minutes is not None:
                data["callBackAt"] = await queries.call_back(tx.db, facts.id, call_back_minutes)
            await tell.transition(tx, facts, version, state, reason=state, by=role, data=data)

    async def end(self, person: Person, call_id: uuid.UUID) -> None:
        """Hang up, whatever the call is doing; both may, at once and again. Charges once."""
        async with self._journal.transaction() as tx:
            facts, role = await locked(tx, call_id, person.id)
            if facts.state == "ringing":
                state: Literal["declined", "cancelled"] = "cancelled" if role == "creator" else "declined"
                version = await queries.answer(tx.db, facts.id, state, None)
                await tell.transition(tx, facts, version, state, reason=state, by=role)
            elif facts.state in LIVE:
                await finish(tx, facts, "creator_hung_up" if role == "creator" else "fan_hung_up", by=role)


def _or_why_not(rang: asyncpg.Record) -> asyncpg.Record:
    match rang["outcome"]:
        case "refused":
            raise problems.FanUnavailable(because=rang["reason"])
        case "fan_busy":
            raise problems.FanBusy
        case "creator_busy":
            raise problems.CreatorBusy
        case "cooldown":
            raise problems.CallCooldown(retry_after=max(1.0, rang["seconds_left"] or 0))
    return rang


async def finish(
    tx: Transaction, facts: Facts, reason: EndReason, *, by: Role | None = None, until: datetime | None = None
) -> None:
    """Settle an answered call: charged for its media up to `until` (by default, as long as both had it)."""
    ended = await queries.settle(tx.db, facts.id, until or clock.both_had_until(facts), reason)
    outcome = {"billableSeconds": ended["billable_seconds"], "tokensCharged": ended["tokens_charged"]}
    await tell.transition(tx, facts, ended["version"], ended["state"], reason=reason, by=by, data=outcome)


async def locked(tx: Transaction, call_id: uuid.UUID, person: uuid.UUID) -> tuple[Facts, Role]:
    """The call under its lock, and the part that `person` has in it. A stranger's call does not exist."""
    facts = await queries.lock(tx.db, call_id)
    role = None if facts is None else facts.role_of(person)
    if facts is None or role is None:
        raise problems.CallNotFound
    return facts, role


def _still_ringing(facts: Facts) -> None:
    if facts.invitation_state == "cancelled":
        raise problems.CallCancelled
    if facts.invitation_state == "expired" or (facts.state == "ringing" and facts.now >= facts.expires_at):
        raise problems.InvitationExpired
    if facts.state != "ringing":
        raise problems.AnsweredElsewhere


def _named(error: asyncpg.IntegrityConstraintViolationError) -> Exception:
    """The refusal that a constraint stands for; any other violation is a fault and stays one."""
    refusal = _CONSTRAINTS.get(getattr(error, "constraint_name", None) or "")
    return error if refusal is None else refusal(because=error.constraint_name)
