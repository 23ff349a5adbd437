"""The crowd's part of a soak: so many sockets, and so many calls at every moment, each ended and checked in turn."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

from bench.calling import Pair, keep_alive
from bench.phones import Crowd

SHORTEST_SECONDS, LONGEST_SECONDS = 0.2, 1.0  # of a call, as shares of `call_seconds`
REPORT_SECONDS = 10.0
SHOWN = 20  # errors of which the words are kept


@dataclass
class Seen:
    """What became of the crowd so far."""

    ended: int = 0
    errors: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    most_at_once: int = 0
    crowd_was_silent: int = 0  # calls of which this process said nothing for too long


async def hold(port: int, calls: int, sockets: int, seconds: float, call_seconds: float) -> dict[str, Any]:
    """Keep `calls` calls running and `sockets` sockets connected for `seconds`. Nothing that goes wrong is left out."""
    async with Crowd(port) as crowd:
        seen = Seen()
        pairs = [Pair.of(crowd, number) for number in range(1, calls + 1)]
        phones = await crowd.phones([(kind, number) for number in range(1, calls + 1) for kind in ("c", "f")])
        for number, pair in enumerate(pairs):
            pair.phones = phones[2 * number : 2 * number + 2]
        phones += await crowd.phones([("f", number) for number in range(calls + 1, sockets - calls + 1)])
        print("connected", flush=True)
        over = asyncio.Event()
        until = time.monotonic() + seconds
        parts = [asyncio.create_task(keep_alive(pairs, over))]
        parts += [asyncio.create_task(_report(seen, pairs, phones, until))]
        talkers = [_talk(pair, seen, until, call_seconds, number / calls) for number, pair in enumerate(pairs)]
        await asyncio.gather(*talkers)
        over.set()
        await asyncio.gather(*parts)
        lost = sum(phone.lost for phone in phones)
        return {
            "ended": seen.ended,
            "errors": seen.errors[:SHOWN],
            "errors_count": len(seen.errors),
            "wrong": seen.wrong[:SHOWN],
            "wrong_count": len(seen.wrong),
            "most_at_once": seen.most_at_once,
            "crowd_was_silent": seen.crowd_was_silent,
            "sockets": len(phones),
            "sockets_lost": lost,
        }


async def _talk(pair: Pair, seen: Seen, until: float, call_seconds: float, share: float) -> None:
    """One call after another; the pairs begin spread over half a call, so that they do not march in step."""
    await asyncio.sleep(share * call_seconds / 2)
    while time.monotonic() < until:
        try:
            await pair.connect()
            length = call_seconds * random.uniform(SHORTEST_SECONDS, LONGEST_SECONDS)
            await asyncio.sleep(min(length, max(1.0, until - time.monotonic())))
            found = await pair.hang_up()
            if found:
                seen.wrong.append(found)
            seen.ended += 1
            seen.crowd_was_silent += pair.was_silent
        except Exception as error:
            seen.errors.append(f"{type(error).__name__}: {error}")
            if len(seen.errors) <= SHOWN:
                print(seen.errors[-1], flush=True)
            await pair.give_up()
        finally:
            pair.call_id = ""


async def _report(seen: Seen, pairs: list[Pair], phones: list[Any], until: float) -> None:
    while (left := until - time.monotonic()) > 0:
        await asyncio.sleep(min(REPORT_SECONDS, left))
        now = sum(bool(pair.call_id) for pair in pairs)
        seen.most_at_once = max(seen.most_at_once, now)
        lost = sum(phone.lost for phone in phones)
        print(
            f"{max(0.0, until - time.monotonic()):5.0f} s left: {now} calls run, {seen.ended} ended,"
            f" {len(phones) - lost} sockets, {len(seen.errors)} errors, {len(seen.wrong)} wrong bills",
            flush=True,
        )
