"""Signalling of a WebRTC call: relayed between its two participants, and to nobody else.

Nothing is stored. Before the call is answered nothing is relayed, so no address can be learnt by ringing.
"""

import time
import uuid
from typing import Any

from stagedoor.core.db import Database
from stagedoor.core.problems import Unavailable
from stagedoor.events.sockets import Client, Sockets

REMEMBER_SECONDS = 2.0
REMEMBER_CALLS = 10_000

_PAIR = """
SELECT creator_id, fan_id FROM calls WHERE id = $1 AND state IN ('connecting', 'active', 'reconnecting')
"""


class Signalling:
    """Takes `call:signal` {callId, epoch, …} and passes it on with `from`."""

    def __init__(self, database: Database, sockets: Sockets) -> None:
        self._database = database
        self._sockets = sockets
        self._pairs: dict[uuid.UUID, tuple[float, uuid.UUID, uuid.UUID]] = {}
        sockets.on("call:signal", self._relay)

    async def _relay(self, client: Client, data: dict[str, Any]) -> None:
        try:
            call_id = uuid.UUID(str(data.get("callId")))
            pair = await self._pair(call_id)
        except (ValueError, Unavailable):
            return
        if pair is None:
            return
        creator, fan = pair
        if client.person.id == creator:
            await self._sockets.send(f"fan:{fan}", "call:signal", {**data, "from": "creator"})
        elif client.person.id == fan:
            await self._sockets.send(f"creator:{creator}", "call:signal", {**data, "from": "fan"})

    async def _pair(self, call_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID] | None:
        """The two people of a live call, asked of the database at most every two seconds a call."""
        known = self._pairs.get(call_id)
        if known is not None and time.monotonic() < known[0]:
            return known[1], known[2]
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_PAIR, call_id)
        if row is None:
            self._pairs.pop(call_id, None)
            return None
        if len(self._pairs) >= REMEMBER_CALLS:
            self._pairs.clear()
        self._pairs[call_id] = (time.monotonic() + REMEMBER_SECONDS, row["creator_id"], row["fan_id"])
        return row["creator_id"], row["fan_id"]
