"""A new release, process by process, under load: no request fails, no client has to be told, no call notices."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import httpx
import pytest

from tests.cli.test_serving import free_port
from tests.scale.cluster import Cluster, Member, client
from tests.scale.handset import Handset
from tests.scale.test_three_processes import brought_to, charged_once

Ask = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
TOKENS = 50_000


async def read(http: httpx.AsyncClient) -> httpx.Response:
    return await http.get("/api/wallet")


async def change(http: httpx.AsyncClient) -> httpx.Response:
    return await http.patch("/api/fans/me", json={"allowDm": random.choice(["everyone", "interacted"])})


async def tip(http: httpx.AsyncClient) -> httpx.Response:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    return await http.post("/api/creators/mia/tip", json={"tokens": 1}, headers=key)


@asynccontextmanager
async def load(url: str, token: str, asks: list[Ask]) -> AsyncIterator[Counter[str]]:
    """Each of `asks` again and again, at once, until the block ends. Yields how often each answer came."""
    answers: Counter[str] = Counter()

    async def ask_on(ask: Ask) -> None:
        async with client(url, "127.0.0.1", token) as http:
            while True:
                try:
                    reply = await ask(http)
                    said = str(reply.status_code) if reply.is_success else f"{ask.__name__}: {reply.text}"
                except httpx.HTTPError as error:
                    said = f"{ask.__name__}: {error!r}"
                answers[said] += 1
                await asyncio.sleep(0.002)

    tasks = [asyncio.create_task(ask_on(ask)) for ask in asks]
    try:
        yield answers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def failures(answers: Counter[str]) -> dict[str, int]:
    return {said: times for said, times in answers.items() if said not in ("200", "201")}


async def credit(cluster: Cluster) -> None:
    await cluster.sql(
        "SELECT ledger_post('test:load', 'credit', $1, '',"
        " ARRAY[house_account('issuance', 'test:load'), user_account($1)], ARRAY[-$2::bigint, $2])",
        uuid.UUID(cluster.ids["sam"]),
        TOKENS,
    )


async def test_three_processes_are_restarted_one_by_one_and_no_request_fails(
    cluster: Cluster, mia: Handset, sam: Handset
) -> None:
    await credit(cluster)
    call_id = await brought_to("active", mia, sam, cluster)
    async with load(cluster.url, cluster.tokens["sam"], [read, read, change, tip, tip]) as answers:
        for member in cluster.members.values():
            before = sum(answers.values())
            await member.ends()
            member.start()
            await member.is_ready()
            assert sum(answers.values()) > before + 20, "the others served meanwhile"
    assert failures(answers) == {}
    tips = await cluster.value("SELECT count(*) FROM tips WHERE fan_id = $1", uuid.UUID(cluster.ids["sam"]))
    assert 0 < tips - 1 <= answers["200"] + answers["201"]
    for phone in (mia, sam):
        assert phone.connected_times >= 2, "told to go elsewhere, and came back"
        assert [(call["id"], call["state"]) for call in phone.current] == [(call_id, "active")]
        assert [name for name, _ in phone.heard if name == "call:ended"] == []
    await sam.post("/api/calls/end", {"callId": call_id})
    for phone in (mia, sam):
        await phone.hears("call:ended", call_id)
    await charged_once(sam, cluster, call_id)


async def test_whoever_is_connected_is_answered_and_let_go(cluster: Cluster) -> None:
    member = cluster.members["three"]
    sockets = f"{member.url}/socket.io/?EIO=4&transport=websocket"
    async with (
        client(member.url, "127.0.0.1", cluster.tokens["sam"]) as http,
        aiohttp.ClientSession() as session,
        session.ws_connect(sockets) as socket,
    ):
        await socket.receive()
        assert (await read(http)).is_success
        ending = asyncio.create_task(member.ends())
        assert [message.data async for message in socket] == []
        assert socket.close_code == 1012, "service restart"
        async with client(member.url, "127.0.0.1") as stranger:
            with pytest.raises(httpx.ConnectError):
                await stranger.get("/health")
        last = await read(http)  # in the connection that it has
        assert (last.status_code, last.headers["connection"]) == (200, "close")
        await ending


async def test_workers_behind_one_port_answer_everything_that_they_took(cluster: Cluster) -> None:
    """Told to end, they refuse whoever comes next; who had connected is answered."""
    one = cluster.members["one"]
    workers = Member("workers", free_port(), one.folder, one.environment, ("--workers", "2"))
    workers.start()
    try:
        await workers.is_ready()
        async with load(workers.url, cluster.tokens["sam"], [read, change, tip, read, change, tip]) as answers:
            await asyncio.sleep(0.3)
            await workers.ends()
        others = {said: times for said, times in failures(answers).items() if httpx.ConnectError.__name__ not in said}
        assert others == {}
        assert answers["200"] and answers["201"]
    finally:
        with suppress(ProcessLookupError):
            workers.stop()
