"""One process of a platform: records numbered steps of calls and publishes them through Ably, until it is killed.

`python -m tests.events.publisher DSN ABLY_URL STEPS CALL…`: at most STEPS of each call; 0 only publishes what is left.
"""

import asyncio
import random
import sys
import uuid

from stagedoor.core.db import Database
from stagedoor.events import Journal, Relay, ably, relay, to_fan
from stagedoor.settings import Ably

KEY = "appid.keyid:a-secret-of-ably"  # the stand-in's
ably.ANSWER_SECONDS = 0.4
relay.BACKSTOP_SECONDS = 0.1


async def step(journal: Journal, call_id: uuid.UUID, steps: int) -> bool:
    """Record the call's next step. False when it has them all."""
    async with journal.transaction() as tx:
        await tx.db.execute("SELECT pg_advisory_xact_lock(hashtext($1))", str(call_id))  # as calls are locked
        done: int = await tx.db.fetchval("SELECT count(*) FROM events WHERE call_id = $1", call_id)
        if done < steps:
            await tx.record("call.step", to_fan(call_id, "call:step", step=done + 1), call_id=call_id)
    return done < steps


async def main(dsn: str, url: str, steps: int, calls: list[uuid.UUID]) -> None:
    database = Database(dsn, size=12)
    await database.open()
    sink = ably.AblySink(Ably(api_key=KEY, rest_url=url), database)
    publishing = Relay(database, [sink])
    journal = Journal(database, publishing)
    running = asyncio.create_task(publishing.run())
    print("running", flush=True)
    left = set(calls) if steps else set()
    while left:
        call_id = random.choice(list(left))
        if not await step(journal, call_id, steps):
            left.discard(call_id)
        await asyncio.sleep(random.uniform(0, 0.004))
    await running


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), [uuid.UUID(call) for call in sys.argv[4:]]))
