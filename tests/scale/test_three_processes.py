"""Three processes behind the shipped nginx are one house: for a call, for a kill at any moment of it, without Redis."""

import asyncio
import math
import re
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.scale.cluster import Cluster, client
from tests.scale.handset import Handset, eventually

RIGHT_AGAIN_SECONDS = 5


async def ring(mia: Handset, sam: Handset, cluster: Cluster) -> str:
    call = {"fanId": cluster.ids["sam"], "callType": "video"}
    call_id = str((await mia.post("/api/calls/initiate", call))["call"]["id"])
    await sam.hears("call:incoming", call_id)
    return call_id


async def accept(mia: Handset, sam: Handset, call_id: str) -> None:
    await sam.post("/api/calls/accept", {"callId": call_id})
    await mia.hears("call:accepted", call_id)


async def see(mia: Handset, sam: Handset, call_id: str) -> None:
    for phone in (mia, sam):
        await phone.post(f"/api/calls/{call_id}/media", {"state": "connected"})
    for phone in (mia, sam):
        await phone.hears("call:connected", call_id)


async def lose(mia: Handset, sam: Handset, call_id: str) -> None:
    await mia.post(f"/api/calls/{call_id}/media", {"state": "lost"})
    await sam.hears("call:reconnecting", call_id)


async def brought_to(state: str, mia: Handset, sam: Handset, cluster: Cluster) -> str:
    """A call of Mia and Sam in that state; both know of it."""
    call_id = await ring(mia, sam, cluster)
    if state != "ringing":
        await accept(mia, sam, call_id)
    if state in ("active", "reconnecting"):
        await see(mia, sam, call_id)
    if state == "reconnecting":
        await lose(mia, sam, call_id)
    return call_id


async def ended_well(mia: Handset, sam: Handset, cluster: Cluster, call_id: str, state: str) -> None:
    """Each is told of what follows, and the call is billed once."""
    if state == "ringing":
        await accept(mia, sam, call_id)
    if state != "active":
        for phone in (mia, sam):
            await phone.post(f"/api/calls/{call_id}/media", {"state": "connected"})
        for phone in (mia, sam):
            await phone.hears("call:connected", call_id)
    await sam.post("/api/calls/end", {"callId": call_id})
    for phone in (mia, sam):
        await phone.hears("call:ended", call_id)
    await charged_once(sam, cluster, call_id)


async def charged_once(sam: Handset, cluster: Cluster, call_id: str) -> None:
    receipt = (await sam.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    assert receipt["tokensCharged"] == math.ceil(receipt["billableSeconds"] * receipt["tokensPerMinute"] / 60)
    posted = await cluster.value("SELECT count(*) FROM ledger_transactions WHERE op_key = 'call:' || $1", call_id)
    assert posted == (1 if receipt["tokensCharged"] else 0)
    assert await cluster.value("SELECT held FROM ledger_accounts WHERE owner_id = $1", cluster.ids["sam"]) == 0
    await cluster.audit()


async def test_a_call_between_two_processes_is_told_signalled_and_billed(
    cluster: Cluster, mia: Handset, sam: Handset
) -> None:
    call_id = await brought_to("connecting", mia, sam, cluster)
    for phone, device in ((mia, "hers"), (sam, "his")):
        await phone.post(f"/api/calls/{call_id}/join", {"deviceId": device})
    offer = {"callId": call_id, "epoch": 1, "description": {"type": "offer", "sdp": "v=0"}}
    await mia.socket.emit("call:signal", offer)
    assert await sam.hears("call:signal", call_id) == {**offer, "from": "creator"}
    await see(mia, sam, call_id)
    await asyncio.sleep(1.1)
    await ended_well(mia, sam, cluster, call_id, "active")
    receipt = (await sam.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    assert receipt["tokensCharged"] >= 1
    ports = {port for _, port in cluster.nginx.served("/api/calls/current")}
    assert len(ports) > 1, "requests are spread over the processes"


@pytest.mark.parametrize(
    ("whose", "state"),
    [
        *(("mia", state) for state in ("ringing", "connecting", "active", "reconnecting")),
        *(("sam", s) for s in ("ringing", "active")),
    ],
)
async def test_the_process_of_one_side_dies_and_nothing_is_lost(
    cluster: Cluster, mia: Handset, sam: Handset, whose: str, state: str
) -> None:
    call_id = await brought_to(state, mia, sam, cluster)
    hit, other = (mia, sam) if whose == "mia" else (sam, mia)
    before = (hit.connected_times, other.connected_times)
    cluster.members["one" if whose == "mia" else "two"].kill()
    await hit.is_back(before[0], within=RIGHT_AGAIN_SECONDS)
    assert [(call["id"], call["state"]) for call in hit.current] == [(call_id, state)]
    assert other.connected_times == before[1], "the other side noticed nothing"
    await ended_well(mia, sam, cluster, call_id, state)


async def test_the_process_that_is_ending_a_call_dies_and_the_end_can_be_asked_again(
    cluster: Cluster, mia: Handset, sam: Handset
) -> None:
    call_id = await brought_to("active", mia, sam, cluster)
    holder = await _holding(cluster, call_id)
    ending = asyncio.create_task(sam.send("/api/calls/end", {"callId": call_id}))
    name = await _waiting(cluster)
    before = mia.connected_times, sam.connected_times
    cluster.members[name].kill()
    answer = await ending
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE"), answer.text
    assert answer.json()["retryAfter"] == int(answer.headers["Retry-After"]) == 1
    await holder.close()
    for phone, times, home in ((mia, before[0], "one"), (sam, before[1], "two")):
        if home == name:
            await phone.is_back(times, within=RIGHT_AGAIN_SECONDS)
    await sam.post("/api/calls/end", {"callId": call_id})
    for phone in (mia, sam):
        await phone.hears("call:ended", call_id)
    await charged_once(sam, cluster, call_id)


async def _holding(cluster: Cluster, call_id: str) -> Any:
    """A connection that holds the call's row, so that whoever ends the call waits."""
    holder = await asyncpg.connect(cluster.dsn)
    await holder.execute("BEGIN")
    await holder.execute("SELECT 1 FROM call_invitations WHERE call_id = $1 FOR UPDATE", call_id)
    return holder


async def _waiting(cluster: Cluster) -> str:
    """The process that waits for that row."""
    found: list[str] = []

    async def waits() -> bool:
        rows = await cluster.sql(
            "SELECT application_name AS name FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query !~ 'SKIP LOCKED'"
        )
        found[:] = [row["name"] for row in rows if row["name"] in cluster.members]
        return bool(found)

    await eventually(waits)
    return found[0]


async def test_without_redis_reads_go_on_and_rings_come_back_with_it(
    cluster: Cluster, mia: Handset, sam: Handset
) -> None:
    cluster.redis.kill()
    call = {"fanId": cluster.ids["sam"], "callType": "voice"}
    try:
        for _ in range(6):
            assert (await sam.get("/api/calls/current"))["calls"] == []
            refused = await mia.send("/api/calls/initiate", call)
            assert (refused.status_code, refused.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert refused.json()["ok"] is False and refused.json()["retryAfter"] >= 1
    finally:
        await cluster.redis.start()
    rung: list[str] = []

    async def rings() -> bool:
        answer = await mia.send("/api/calls/initiate", call)
        rung.extend([answer.json()["call"]["id"]] if answer.status_code == 201 else [])
        return answer.status_code == 201

    await eventually(rings)
    await sam.hears("call:incoming", rung[0])
    await sam.post("/api/calls/decline", {"callId": rung[0]})
    await mia.hears("call:declined", rung[0])


async def test_a_client_is_counted_by_its_own_address_whatever_it_says(cluster: Cluster) -> None:
    """nginx is believed, and nobody else: not what a client tells nginx, and not who comes past it."""
    assert await _counted(cluster, cluster.url, "127.0.0.77") == {"127.0.0.77"}
    assert await _counted(cluster, cluster.members["one"].url, "127.0.0.78") == {"127.0.0.78"}


async def _counted(cluster: Cluster, url: str, address: str) -> set[str]:
    """Under which addresses Redis counts somebody who asks from `address` and claims to be many others."""
    async with Redis.from_url(cluster.redis.url) as redis:
        await redis.flushall()
        async with client(url, address) as http:
            for number in range(3):
                said = f"6.6.6.{number}"
                reply = await http.get("/api/calls/current", headers={"X-Forwarded-For": said, "X-Real-IP": said})
                assert reply.status_code == 401
        return {re.findall(r"\d+\.\d+\.\d+\.\d+", key.decode())[0] for key in await redis.keys("*/ip/*")}
