"""Media of a call: who carries it, and the clock that runs only while both sides have it."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from stagedoor.calls import clock, media_queries, problems, tell
from stagedoor.calls.model import ALIVE_SECONDS, LIVE, Facts, Role, other
from stagedoor.calls.service import finish, locked
from stagedoor.core.identity import Person
from stagedoor.events import Journal, Transaction, to_creator, to_fan
from stagedoor.media import Credentials, MediaProvider
from stagedoor.settings import Calls as Rules

QUALITY_MAX = 500  # changes a side and call: one every 15 s for two hours
FIRST_LOOK_SECONDS = 1.0
SILENT_SECONDS_MAX = 5.0  # what a fan's client could claim too much of, once a gap; gaps are limited


class CallMedia:
    """Join a call with a device, and say whether the other side's media arrives."""

    def __init__(self, journal: Journal, rules: Rules, provider: MediaProvider, wake: Callable[[float], None]) -> None:
        self._journal = journal
        self._rules = rules
        self._provider = provider
        self._wake = wake

    async def join(self, person: Person, call_id: uuid.UUID, device_id: str) -> Credentials:
        """The caller's own media credentials. Another device than before takes the call over.

        Raises CallNotFound, CallNotLive, CallEnded.
        """
        async with self._journal.transaction() as tx:
            facts, role = await locked(tx, call_id, person.id)
            _live(facts)
            epoch = facts.creator_epoch if role == "creator" else facts.fan_epoch
            before = facts.device_of(role)
            if before != device_id:
                await self._stop_clock(tx, facts, role)
                epoch = await media_queries.take_over(tx.db, facts.id, role, device_id)
            if before not in (None, device_id):
                await self._tell_taken_over(tx, facts, role, device_id)
            uid = await media_queries.media_uid(tx.db, person.id)
        return self._provider.credentials(facts, role, uid, epoch, clock.credential_seconds(facts, self._rules))

    async def _tell_taken_over(self, tx: Transaction, facts: Facts, role: Role, device_id: str) -> None:
        data = {"callId": facts.id, "deviceId": device_id, "role": role}
        await tx.record(
            "call.taken_over",
            to_fan(facts.fan_id, "call:taken_over", **data),
            to_creator(facts.creator_id, "call:taken_over", **data),
            call_id=facts.id,
            creator_id=facts.creator_id,
            fan_id=facts.fan_id,
            actor_id=tell.actor(facts, role),
            version=facts.version,
            data={"by": role},
        )

    async def attest(
        self,
        person: Person,
        call_id: uuid.UUID,
        state: Literal["connected", "lost"],
        *,
        silent_seconds: float = 0.0,
        heartbeat: bool = False,
    ) -> None:
        """`connected`: the other side's media arrives here. `lost`: it does not, and has not for `silent_seconds`
        (a client needs a moment of silence to notice). With `heartbeat` the client promises to say `call:alive` about
        once a second while it arrives, and is billed for no longer than it says so. Saying it again changes nothing.
        Whoever comes back when the gap is over, or when the call had no gap left, finds the call ended, whether or
        not a sweeper was here.

        Raises CallNotFound; CallNotLive while it rings, CallEnded once it is over.
        """
        async with self._journal.transaction() as tx:
            facts, role = await locked(tx, call_id, person.id)
            _live(facts)
            if state == "lost":
                await self._stop_clock(tx, facts, role, timedelta(seconds=silent_seconds))
                await media_queries.lose_media(tx.db, facts.id, role)
            elif facts.state == "reconnecting" and (owed := clock.plan(facts, self._rules)).reason is not None:
                await finish(tx, facts, owed.reason, until=owed.settle_until)
            else:
                await self._arrives(tx, facts, role, heartbeat=heartbeat)
        self._wake(FIRST_LOOK_SECONDS)

    async def _arrives(self, tx: Transaction, facts: Facts, role: Role, *, heartbeat: bool) -> None:
        await media_queries.have_media(tx.db, facts.id, role, ALIVE_SECONDS if heartbeat else None)
        peer = other(role)
        peer_there = facts.fan_has_media if peer == "fan" else facts.creator_has_media
        if facts.state != "active" and peer_there and facts.is_there(peer):
            look_at = facts.now + timedelta(seconds=FIRST_LOOK_SECONDS)
            version = await media_queries.open_segment(tx.db, facts, look_at)
            await tell.transition(tx, facts, version, "active", by=role)

    async def said_quality(self, person: Person, call_id: uuid.UUID, quality: Literal[1, 2, 3]) -> None:
        """How the other side's media arrives at `person` from now on. Nothing is decided by it: it is recorded when
        it changed, at most QUALITY_MAX times a side, for the receipt's timeline.

        Raises CallNotFound, CallNotLive, CallEnded.
        """
        async with self._journal.transaction() as tx:
            facts, role = await locked(tx, call_id, person.id)
            _live(facts)
            last, count = await media_queries.quality_so_far(tx.db, facts.id, role)
            if last == quality or count >= QUALITY_MAX:
                return
            await tx.record(
                "call.quality",
                call_id=facts.id,
                creator_id=facts.creator_id,
                fan_id=facts.fan_id,
                actor_id=tell.actor(facts, role),
                version=facts.version,
                data={"by": role, "quality": quality},
            )

    async def _stop_clock(self, tx: Transaction, facts: Facts, role: Role, silent: timedelta = timedelta(0)) -> None:
        """Media stopped `silent` ago, or with a side's last word: whichever is earlier."""
        if facts.state != "active":
            return
        until = min(clock.both_had_until(facts), facts.now - silent)
        stopped = await media_queries.close_segment(tx.db, facts.id, until)
        left = min(timedelta(seconds=self._rules.gap_seconds), clock.gaps_left(facts, self._rules))
        version = await media_queries.begin_gap(tx.db, facts.id, stopped, stopped + left)
        await tell.transition(tx, facts, version, "reconnecting", by=role)


def _live(facts: Facts) -> None:
    if facts.ended_at is not None:
        raise problems.CallEnded
    if facts.state not in LIVE:
        raise problems.CallNotLive
