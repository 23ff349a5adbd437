"""Time that does not count: gaps, vanished sides, and devices that change hands."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from stagedoor.calls import media_queries
from stagedoor.settings import Settings
from tests.laws.stopped_clock import Theatre, opened


@pytest.fixture
async def hasty(settings: Settings, server: str) -> AsyncIterator[Theatre]:
    """A house that waits five seconds for somebody to come back, and eight in all."""
    rules = replace(settings.calls, gap_seconds=5, gaps_total_seconds=8, connect_seconds=4)
    async with opened(replace(settings, calls=rules), server) as found:
        yield found


async def alive(theatre: Theatre, call_id: str, *who: str) -> None:
    """What the heartbeat writes for clients that say `call:alive`."""
    async with theatre.house.database.connection() as connection:
        for name in who:
            await media_queries.beat(connection, [media_queries.Word(uuid.UUID(call_id), theatre.people[name].id)])


async def test_a_gap_is_free_and_the_receipt_shows_it(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    await theatre.stay(call_id, 60)
    lost = await theatre.attest(call_id, "sam", "lost")
    assert (lost["state"], lost["mediaLost"], lost["billableSeconds"]) == ("reconnecting", True, 60)
    await theatre.tick(20)
    assert (await theatre.call(call_id))["billableSeconds"] == 60
    await theatre.attest(call_id, "mia")
    assert (await theatre.attest(call_id, "sam"))["state"] == "active"
    await theatre.stay(call_id, 30)
    await theatre.sam.post("/api/calls/end", {"callId": call_id})
    receipt = (await theatre.mia.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    assert [segment["seconds"] for segment in receipt["segments"]] == [60, 30]
    assert [gap["seconds"] for gap in receipt["gaps"]] == [20]
    assert (receipt["billableSeconds"], receipt["tokensCharged"]) == (90, 18)
    await theatre.audit()


async def test_what_a_client_says_was_silent_before_it_noticed_is_free_too(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    await theatre.stay(call_id, 60)
    await theatre.sam.post(f"/api/calls/{call_id}/media", {"state": "lost", "silentSeconds": 2.5})
    assert (await theatre.call(call_id))["segments"][0]["endedAt"].endswith("500000Z")
    for claimed in (-1, 5.001, 3600):
        reply = await theatre.sam.ask(
            "POST", f"/api/calls/{call_id}/media", {"state": "lost", "silentSeconds": claimed}
        )
        assert reply.status_code == 422
    call = (await theatre.sam.post("/api/calls/end", {"callId": call_id}))["call"]
    assert call["billableSeconds"] == 58


async def test_the_call_waits_as_long_as_is_configured_and_ends_where_media_stopped(hasty: Theatre) -> None:
    call_id = await hasty.connect()
    await hasty.stay(call_id, 10)
    await hasty.attest(call_id, "mia", "lost")
    await hasty.tick(4.999)
    assert (await hasty.call(call_id))["state"] == "reconnecting"
    await hasty.tick(0.001)
    call = await hasty.call(call_id)
    assert (call["state"], call["endReason"], call["billableSeconds"]) == ("ended", "connection_lost", 10)
    await hasty.audit()


async def test_gaps_together_end_the_call(hasty: Theatre) -> None:
    call_id = await hasty.connect()
    for _ in range(2):
        await hasty.attest(call_id, "mia", "lost")
        await hasty.tick(3)
        await hasty.attest(call_id, "sam")
        assert (await hasty.attest(call_id, "mia"))["state"] == "active"
    await hasty.attest(call_id, "mia", "lost")
    await hasty.tick(1.999)
    assert (await hasty.call(call_id))["state"] == "reconnecting"
    await hasty.tick(0.001)
    call = await hasty.call(call_id)
    assert (call["endReason"], call["billableSeconds"]) == ("gaps_exceeded", 0)


async def test_nobody_waits_longer_than_configured_for_a_connection(hasty: Theatre) -> None:
    call_id = await hasty.ring()
    await hasty.sam.post("/api/calls/accept", {"callId": call_id})
    await hasty.tick(4)
    assert (await hasty.call(call_id))["endReason"] == "no_connection"


async def test_the_clock_runs_only_while_both_have_media(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.sam.post("/api/calls/accept", {"callId": call_id})
    await theatre.attest(call_id, "mia")
    await theatre.later(10)
    assert (await theatre.attest(call_id, "mia"))["state"] == "connecting"  # saying it twice is not two sides
    assert (await theatre.attest(call_id, "sam"))["state"] == "active"
    await theatre.later(7)
    await theatre.attest(call_id, "sam", "lost")
    await theatre.attest(call_id, "mia", "lost")
    await theatre.attest(call_id, "sam")
    assert (await theatre.call(call_id))["state"] == "reconnecting"
    assert (await theatre.attest(call_id, "mia"))["state"] == "active"
    await theatre.attest(call_id, "mia")
    call = (await theatre.mia.post("/api/calls/end", {"callId": call_id}))["call"]
    assert call["billableSeconds"] == 7


async def test_whoever_uses_http_alone_counts_as_there_for_thirty_seconds(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    await theatre.tick(30)
    call = await theatre.call(call_id)
    assert (call["state"], call["billableSeconds"]) == ("active", 30)
    await theatre.later(29)
    await theatre.attest(call_id, "mia")
    await theatre.attest(call_id, "sam")  # back within the limit: was never away
    assert (await theatre.call(call_id))["billableSeconds"] == 59
    await theatre.tick(61)
    call = await theatre.call(call_id)
    assert (call["endReason"], call["billableSeconds"]) == ("connection_lost", 59)


@pytest.mark.parametrize("silent", ["mia", "sam"])
async def test_a_client_that_stops_saying_it_is_alive_ends_the_call_where_it_was_last_heard(
    theatre: Theatre, silent: str
) -> None:
    call_id = await theatre.connect()
    for _ in range(12):
        await theatre.tick(1)
        await alive(theatre, call_id, "mia", "sam")
    other = "sam" if silent == "mia" else "mia"
    for _ in range(29):
        await theatre.tick(1)
        await alive(theatre, call_id, other)
    assert (await theatre.call(call_id))["state"] == "active"
    await theatre.tick(1)
    call = await theatre.call(call_id)
    assert (call["state"], call["endReason"], call["billableSeconds"]) == ("ended", "connection_lost", 12)
    await theatre.audit()


@pytest.mark.parametrize("silent_for", [2, 20])
@pytest.mark.parametrize("how", ["end", "block", "lost"])
async def test_nothing_is_billed_past_a_side_s_last_word(theatre: Theatre, how: str, silent_for: int) -> None:
    """Sam's phone died; Mia, who goes on, ends it before anybody could know, or when it has long been clear."""
    call_id = await theatre.connect()
    await theatre.tick(10)
    await alive(theatre, call_id, "mia", "sam")
    await theatre.tick(silent_for)
    await alive(theatre, call_id, "mia")
    if how == "block":
        await theatre.sql("INSERT INTO creator_blocked_users VALUES ($1, $2)", theatre.mia.id, theatre.sam.id)
    elif how == "lost":
        await theatre.attest(call_id, "mia", "lost")
    else:
        await theatre.mia.post("/api/calls/end", {"callId": call_id})
    assert (await theatre.call(call_id))["billableSeconds"] == 10
    await theatre.audit()


async def test_who_promised_a_heartbeat_and_said_nothing_is_billed_for_nothing(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.sam.post("/api/calls/accept", {"callId": call_id})
    for who in ("mia", "sam"):
        said = {"state": "connected", "heartbeat": True}
        await theatre.people[who].post(f"/api/calls/{call_id}/media", said)
    await theatre.tick(2)
    await theatre.mia.post("/api/calls/end", {"callId": call_id})
    call = await theatre.call(call_id)
    assert (call["connectedAt"] is not None, call["billableSeconds"], call["tokensCharged"]) == (True, 0, 0)
    await theatre.audit()


async def lost_by_sam_after_five(theatre: Theatre) -> str:
    """A call of five seconds, of which Sam then says that nothing arrives any more."""
    call_id = await theatre.connect()
    await theatre.tick(5)
    await alive(theatre, call_id, "mia", "sam")
    await theatre.attest(call_id, "sam", "lost")
    return call_id


async def test_a_call_heals_as_soon_as_the_side_that_was_cut_off_is_back(theatre: Theatre) -> None:
    """The other side had media all along and said so; nobody needs to ask it again."""
    call_id = await lost_by_sam_after_five(theatre)
    for _ in range(20):
        await theatre.tick(1)
        await alive(theatre, call_id, "mia")
    assert (await theatre.attest(call_id, "sam"))["state"] == "active"
    assert (await theatre.call(call_id))["billableSeconds"] == 5


async def test_a_side_that_is_not_heard_of_starts_no_clock(theatre: Theatre) -> None:
    """It had media when it was last heard of, which is not now."""
    call_id = await lost_by_sam_after_five(theatre)
    for _ in range(10):
        await theatre.tick(1)
    assert (await theatre.attest(call_id, "sam"))["state"] == "reconnecting"
    assert (await theatre.attest(call_id, "mia"))["state"] == "active"
    assert (await theatre.call(call_id))["billableSeconds"] == 5


async def test_another_device_takes_the_call_over(theatre: Theatre) -> None:
    call_id = await theatre.connect(deviceId="phone")
    join = f"/api/calls/{call_id}/join"
    await theatre.mia.post(join, {"deviceId": "studio"})
    await theatre.attest(call_id, "mia")
    first = (await theatre.sam.post(join, {"deviceId": "phone"}))["media"]
    again = (await theatre.sam.post(join, {"deviceId": "phone"}))["media"]
    assert first == again, "the same device joins as often as it likes"
    assert (await theatre.call(call_id))["state"] == "active"
    await theatre.later(20)
    second = (await theatre.sam.post(join, {"deviceId": "laptop"}))["media"]
    assert second["epoch"] == first["epoch"] + 1
    call = await theatre.call(call_id)
    assert (call["state"], call["deviceId"], call["billableSeconds"]) == ("reconnecting", "laptop", 20)
    [event] = await theatre.sql("SELECT deliveries FROM events WHERE type = 'call.taken_over'")
    assert {d["channel"]: d["data"]["deviceId"] for d in event["deliveries"]} == {
        f"fan:{theatre.sam.id}": "laptop",
        f"creator:{theatre.mia.id}": "laptop",
    }
    await theatre.later(2)
    assert (await theatre.attest(call_id, "sam"))["state"] == "active"
    await theatre.attest(call_id, "mia")
    await theatre.later(10)
    call = (await theatre.sam.post("/api/calls/end", {"callId": call_id}))["call"]
    assert call["billableSeconds"] == 30
    await theatre.audit()


async def test_joining_with_the_first_named_device_stops_the_clock_too(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    await theatre.later(10)
    await theatre.sam.post(f"/api/calls/{call_id}/join", {"deviceId": "laptop"})
    assert (await theatre.call(call_id))["state"] == "reconnecting"


async def test_media_credentials_are_ones_own_and_only_the_fan_is_polite(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    join = f"/api/calls/{call_id}/join"
    media = {who: (await theatre.people[who].post(join, {"deviceId": who}))["media"] for who in ("mia", "sam")}
    assert {who: grant["polite"] for who, grant in media.items()} == {"mia": False, "sam": True}
    uids = [row["media_uid"] for row in await theatre.sql("SELECT media_uid FROM media_identities")]
    assert len(set(uids)) == 2
    assert all(0 < uid < 2**32 for uid in uids)
    channel = await theatre.value("SELECT channel FROM calls WHERE id = $1", call_id)
    assert len(channel.encode()) < 64
