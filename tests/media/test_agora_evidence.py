"""Agora's notices are kept once, whatever their number and order, only when signed, and never move a call's clock."""

import hashlib
import hmac
import itertools
import json
import random
import uuid
from datetime import timedelta
from typing import Any

import httpx

from tests.conftest import Stage
from tests.media.conftest import WEBHOOK_SECRET

START = 1_790_000_000
MIA, SAM = 4_294_967_295, 1


def notice(number: int, kind: int, channel: str, at: int, **payload: Any) -> dict[str, Any]:
    return {
        "noticeId": f"2000001428:4330:{number}",
        "productId": 1,
        "eventType": kind,
        "notifyMs": (START + at) * 1000 + 250,
        "payload": {"channelName": channel, "ts": START + at, "platform": 7, **payload},
    }


async def send(stage: Stage, body: bytes, secret: str = WEBHOOK_SECRET) -> httpx.Response:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Agora-Signature-V2": signature, "Content-Type": "application/json"}
    return await stage.http.post("/api/agora/webhook", content=body, headers=headers)


def visit(channel: str) -> list[dict[str, Any]]:
    """Mia is there from 0 to 65 with a gap from 20 to 25, Sam from 5 to 60: 50 seconds together."""
    return [
        notice(1, 101, channel, 0),
        notice(2, 103, channel, 0, uid=MIA, clientSeq=11),
        notice(3, 103, channel, 5, uid=SAM, clientSeq=12),
        notice(4, 104, channel, 20, uid=MIA, clientSeq=13, duration=20, reason=2),
        notice(5, 107, channel, 25, uid=MIA, clientSeq=14),
        notice(6, 104, channel, 60, uid=SAM, clientSeq=15, duration=55, reason=1),
        notice(7, 108, channel, 65, uid=MIA, clientSeq=16, duration=40, reason=1),
        notice(8, 102, channel, 66),
    ]


async def test_replays_and_any_order_leave_the_same_evidence(stage: Stage) -> None:
    chance = random.Random(7)
    for _ in range(6):
        call_id = uuid.uuid4()
        notices = [{**n, "noticeId": f"{n['noticeId']}:{call_id}"} for n in visit(f"call-{call_id}")]
        delivered = notices + chance.choices(notices, k=12)
        chance.shuffle(delivered)
        for one in delivered:
            again = {**one, "notifyMs": one["notifyMs"] + chance.randint(0, 9000)}  # a retry carries a later time
            assert (await send(stage, json.dumps(again).encode())).json()["ok"] is True
        assert await stage.value("SELECT count(*) FROM agora_notices WHERE call_id = $1", call_id) == 8
        assert await stage.value("SELECT agora_together($1)", call_id) == timedelta(seconds=50)


async def test_a_lost_notice_is_made_good_by_the_others(stage: Stage) -> None:
    for lost in (2, 3, 4, 5, 6, 7, 8):
        call_id = uuid.uuid4()
        for one in visit(f"call-{call_id}"):
            if not one["noticeId"].endswith(f":{lost}"):
                body = json.dumps({**one, "noticeId": f"{one['noticeId']}:{call_id}"}).encode()
                assert (await send(stage, body)).status_code == 200
        together = await stage.value("SELECT agora_together($1)", call_id)
        # Without Mia's leave at 20 the gap is unknown; without Sam's at 60 the room's end closes his stay.
        assert together == timedelta(seconds={4: 55, 6: 55}.get(lost, 50)), lost


async def test_only_agora_is_believed(stage: Stage) -> None:
    channel = f"call-{uuid.uuid4()}"
    body = json.dumps(visit(channel)[0]).encode()
    for response in (
        await send(stage, body, "another secret"),
        await send(stage, body, ""),
        await stage.http.post("/api/agora/webhook", content=body),
        await stage.http.post("/api/agora/webhook", content=body, headers={b"Agora-Signature-V2": b"\xe9"}),
        await stage.http.post(
            "/api/agora/webhook",
            content=body + b" ",
            headers={"Agora-Signature-V2": hmac.new(WEBHOOK_SECRET.encode(), body, "sha256").hexdigest()},
        ),
    ):
        assert (response.status_code, response.json()["code"]) == (401, "SIGNATURE_INVALID")
    assert await stage.value("SELECT count(*) FROM agora_notices WHERE channel = $1", channel) == 0


async def test_what_is_not_about_a_call_is_answered_and_let_pass(stage: Stage) -> None:
    probe = {**notice(1, 101, "test_webhook", 0), "noticeId": "1:probe"}
    other_product = {**notice(2, 103, "call-x", 0, uid=5), "noticeId": "2:probe", "productId": 17}
    unknown_kind = {**notice(3, 999, "call-x", 0, uid=5), "noticeId": "3:probe"}
    for one in (probe, other_product, unknown_kind):
        assert (await send(stage, json.dumps(one).encode())).status_code == 200
    rows = await stage.sql("SELECT call_id, channel FROM agora_notices WHERE notice_id LIKE '%:probe%'")
    assert rows == [{"call_id": None, "channel": "test_webhook"}]
    nameless = json.dumps({**probe, "noticeId": ""}).encode()
    for malformed in (b"", b"{", b"[]", b'{"noticeId": 5}', b"\xff\xfe", nameless):
        response = await send(stage, malformed)
        assert (response.status_code, response.json()["code"]) == (422, "VALIDATION_FAILED"), malformed


async def test_evidence_never_moves_the_clock_of_a_call(stage: Stage) -> None:
    call_id = await stage.connect()
    row = "SELECT state, version, connected_at FROM calls WHERE id = $1"
    before = await stage.sql(row, uuid.UUID(call_id))
    events = await stage.value("SELECT count(*) FROM events")
    for one in visit(f"call-{call_id}"):
        body = json.dumps({**one, "noticeId": f"{one['noticeId']}:{call_id}"}).encode()
        assert (await send(stage, body)).status_code == 200
    assert await stage.value("SELECT agora_together($1)", uuid.UUID(call_id)) == timedelta(seconds=50)
    assert await stage.value("SELECT count(*) FROM events") == events
    assert await stage.sql(row, uuid.UUID(call_id)) == before
    assert before[0]["state"] == "active"


async def test_every_order_of_a_short_visit(stage: Stage) -> None:
    short = [n for n in visit("x") if n["eventType"] in (103, 104)][:4]
    for order in itertools.islice(itertools.permutations(short), 24):
        call_id = uuid.uuid4()
        for one in order:
            payload = {**one["payload"], "channelName": f"call-{call_id}"}
            body = json.dumps({**one, "noticeId": f"{one['noticeId']}:{call_id}", "payload": payload}).encode()
            assert (await send(stage, body)).status_code == 200
        assert await stage.value("SELECT agora_together($1)", call_id) == timedelta(seconds=15)
