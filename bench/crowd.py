"""What a crowd does to a server, each as a process of its own: `python -m bench.crowd NAME '{…}'`, an answer in JSON.

A line on stdout that is not the answer is progress. `sockets` waits for a line on stdin before it lets go.
"""

import asyncio
import json
import sys
import time
from typing import Any

import uvloop

from bench.calling import Pair, keep_alive
from bench.phones import Crowd, Failed
from bench.soaking import hold


def quantiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {f"p{share}": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 95, 99)}


async def rings(port: int, count: int, live: int) -> dict[str, Any]:
    """From sending initiate to `call:incoming` at the fan's client, `count` times, beside `live` calls that run."""
    async with Crowd(port) as crowd:
        talking = await _live_calls(crowd, live)
        over = asyncio.Event()
        beating = asyncio.create_task(keep_alive(talking, over))
        took: list[float] = []
        heard = asyncio.Event()
        pair = Pair.of(crowd, live + 1)
        await crowd.phone("f", live + 1, lambda name, _data: heard.set() if name == "call:incoming" else None)
        for number in range(count + 20):
            heard.clear()
            began = time.perf_counter()
            ringing = asyncio.create_task(pair.ring())
            await asyncio.wait_for(heard.wait(), 10)
            if number >= 20:
                took.append(time.perf_counter() - began)
            await ringing
            await pair.cancel()
        over.set()
        await beating
        wrong = [await one.hang_up() for one in talking]
        return {**quantiles(took), "count": count, "live": live, "wrong": [one for one in wrong if one]}


async def _live_calls(crowd: Crowd, live: int) -> list[Pair]:
    pairs = [Pair.of(crowd, number) for number in range(1, live + 1)]
    for number, pair in enumerate(pairs, start=1):
        pair.phones = [await crowd.phone("c", number), await crowd.phone("f", number)]
    for start in range(0, live, 10):
        await asyncio.gather(*(pair.connect() for pair in pairs[start : start + 10]))
    return pairs


async def sockets(port: int, count: int) -> dict[str, Any]:
    """`count` people hold a socket each, until a line comes."""
    async with Crowd(port) as crowd:
        began = time.perf_counter()
        phones = await crowd.phones([("f", number) for number in range(1, count + 1)])
        seconds = time.perf_counter() - began
        print("connected", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        return {"connect_seconds": seconds, "lost": sum(phone.lost for phone in phones)}


async def fan_out(port: int, count: int, times: int) -> dict[str, Any]:
    """One ring, heard by `count` sockets (one person's, which is the most that one event can reach)."""
    async with Crowd(port) as crowd:
        heard: list[float] = []
        await crowd.phones(
            [("f", 1)] * count,
            lambda name, _data: heard.append(time.perf_counter()) if name == "call:incoming" else None,
        )
        pair = Pair.of(crowd, 1)
        took, spread = [], []
        for _ in range(times):
            heard.clear()
            began = time.perf_counter()
            await pair.ring()
            deadline = time.perf_counter() + 20
            while len(heard) < count and time.perf_counter() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            if len(heard) < count:
                raise Failed(f"{len(heard)} of {count} heard it")
            took.append(heard[-1] - began)
            spread.append(heard[-1] - heard[0])
            await pair.cancel()
            await asyncio.sleep(0.2)
        return {"all": sorted(took)[len(took) // 2], "spread": sorted(spread)[len(spread) // 2], "sockets": count}


async def cycles(port: int, pairs: int, seconds: float, first: int = 1) -> dict[str, Any]:
    """Whole calls, as fast as `pairs` of people can make them: ring, accept, media twice, end, billed."""
    async with Crowd(port) as crowd:
        until = time.monotonic() + seconds
        done: list[float] = []
        wrong: list[str] = []

        async def one_after_another(pair: Pair) -> None:
            while time.monotonic() < until:
                began = time.perf_counter()
                await pair.connect()
                found = await pair.hang_up()
                done.append(time.perf_counter() - began)
                if found:
                    wrong.append(found)

        began = time.perf_counter()
        await asyncio.gather(*(one_after_another(Pair.of(crowd, first + n)) for n in range(pairs)))
        took = time.perf_counter() - began
        return {"cycles": len(done), "seconds": took, "per_second": len(done) / took, **quantiles(done), "wrong": wrong}


KINDS = {"rings": rings, "sockets": sockets, "fan_out": fan_out, "cycles": cycles, "hold": hold}


def main() -> None:
    answer = uvloop.run(KINDS[sys.argv[1]](**json.loads(sys.argv[2])))
    print(json.dumps({**answer, "client_cpu_seconds": time.process_time()}), flush=True)


if __name__ == "__main__":
    main()
