"""Export, erase, export: the first holds everything, the second nothing, and the books still balance."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import socketio

from stagedoor.billing import Wallets
from stagedoor.core.secret_key import local_key
from stagedoor.privacy import Erasure, Exporter
from stagedoor.settings import Identity, Settings
from tests.conftest import Caller, Stage, staged
from tests.ears import Ears

ISSUER = "https://host.example"
SECRET = "a secret that the host and this service share"


async def with_tokens(stage: Stage, username: str, tokens: int) -> Caller:
    person = await stage.person(username)
    wallets: Wallets = stage.house.services[Wallets]
    await wallets.credit(person.id, tokens, kind="credit", memo="", key=None, actor=None)
    return person


async def a_full_life(stage: Stage) -> Caller:
    """Zora did everything that there is to do. Nothing of her is called like anything else."""
    zora = await with_tokens(stage, "zora-zebra", 300)
    await stage.sql("UPDATE users SET display_name = 'Zora Zebra', bio = 'Zebra stripes' WHERE id = $1", zora.id)
    for username in ("mia", "noor"):
        await zora.ask("PUT", f"/api/creators/{username}/follow")
    await zora.post("/api/creators/mia/tip", {"tokens": 10})
    await zora.ask("PATCH", "/api/fans/me", {"visibility": "creators", "searchable": True})
    await zora.ask("PUT", f"/api/fans/blocks/{stage.noor.id}")
    await zora.post("/api/fans/share/enable")
    await zora.post(f"/api/messages/{stage.mia.id}", {"body": "zebra-words-of-mine"})
    await stage.mia.post(f"/api/messages/{zora.id}", {"body": "zebra-words-of-hers"})
    call_id = await a_call(stage, zora, connected=True)
    await zora.post(f"/api/calls/{call_id}/rating", {"stars": 4})
    await zora.post(f"/api/calls/{call_id}/report", {"reason": "other", "text": "zebra-report"})
    await zora.post(f"/api/calls/{call_id}/dispute", {"text": "zebra-dispute"})
    await stage.sql(
        "INSERT INTO push_subscriptions (user_id, endpoint, public_key, auth) VALUES ($1, $2, $3, $4)",
        zora.id,
        "https://push.example/zebra",
        b"k" * 65,
        b"a" * 16,
    )
    await stage.sql("INSERT INTO flag_overrides (key, enabled, user_ids) VALUES ('FEATURE_CALLS', true, $1)", [zora.id])
    await stage.mia.ask("PUT", f"/api/creators/me/blocks/{zora.id}")
    await stage.mia.ask("DELETE", f"/api/creators/me/blocks/{zora.id}")
    return zora


async def a_call(stage: Stage, fan: Caller, *, connected: bool, end: bool = True) -> str:
    await stage.sql("DELETE FROM call_cooldowns")
    reply = await stage.mia.post("/api/calls/initiate", {"fanId": str(fan.id), "callType": "video"})
    call_id = str(reply["call"]["id"])
    if connected:
        await fan.post("/api/calls/accept", {"callId": call_id})
        await stage.mia.post(f"/api/calls/{call_id}/media", {"state": "connected"})
        await fan.post(f"/api/calls/{call_id}/media", {"state": "connected"})
        if end:
            await stage.mia.post("/api/calls/end", {"callId": call_id})
    return call_id


async def everything(stage: Stage) -> str:
    """Every row of every table, as text."""
    names = await stage.sql(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    rows = [await stage.sql(f"SELECT r::text FROM {name['relname']} AS r") for name in names]
    return json.dumps([row["r"] for table in rows for row in table])


async def test_the_export_holds_everything_and_says_that_it_was_asked_for(stage: Stage) -> None:
    zora = await a_full_life(stage)
    response = await zora.ask("GET", "/api/fans/me/export")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-disposition"] == 'attachment; filename="stagedoor-zora-zebra.json"'
    export = response.json()["export"]
    assert export["format"] == "stagedoor-export/1"
    assert (export["profile"]["username"], export["profile"]["bio"]) == ("zora-zebra", "Zebra stripes")
    assert export["settings"]["visibility"] == "creators"
    assert [f["creator"]["username"] for f in export["follows"]] == ["mia", "noor"]
    assert [t["tokens"] for t in export["tips"]] == [10]
    assert {r["creator"]["username"]: r["tips"] for r in export["relationships"]} == {"mia": 1, "noor": 0}
    assert [b["creator"]["username"] for b in export["blocks"]] == ["noor"]
    assert [(m["mine"], m["body"]) for m in export["messages"]] == [
        (True, "zebra-words-of-mine"),
        (False, "zebra-words-of-hers"),
    ]
    (call,) = export["calls"]
    assert call["receipt"]["tokensCharged"] == call["tokensCharged"] == 1
    assert export["wallet"]["balance"] == sum(entry["tokens"] for entry in export["ledger"]) == 289
    assert len(export["shareCards"]) == 1
    assert [rating["stars"] for rating in export["ratings"]] == [4]
    assert [entry["text"] for entry in export["reports"] + export["disputes"]] == ["zebra-report", "zebra-dispute"]
    assert [entry["endpoint"] for entry in export["pushSubscriptions"]] == ["https://push.example/zebra"]
    types = [event["type"] for event in export["events"]]
    for kind in ("fan.exported", "fan.settings_changed", "fan.blocked_creator", "card.enabled", "tip.given"):
        assert kind in types
    assert types == [e["type"] for e in (await zora.get("/api/fans/me/events?limit=100"))["events"]]
    assert "creator.blocked_fan" not in types  # that one is Mia's


async def test_export_erase_export_leaves_nothing_and_the_ledger_at_zero(stage: Stage) -> None:
    zora = await a_full_life(stage)
    exporter: Exporter = stage.house.services[Exporter]
    balances = await stage.sql("SELECT id, posted FROM ledger_accounts ORDER BY id")
    assert "zebra" in (await everything(stage)).lower()
    assert (await zora.ask("DELETE", "/api/fans/me", {"confirm": "Zora-Zebra "})).json() == {"ok": True, "erased": True}
    after = await exporter.of(zora.id)
    assert (after.profile, after.settings) == (None, None)
    assert after.wallet == {"balance": 0, "held": 0, "available": 0}
    lists = [getattr(after, name) for name in after.__struct_fields__ if isinstance(getattr(after, name), list)]
    assert lists
    assert not any(lists)
    assert not any(after.as_creator.values())
    kept = (await everything(stage)).lower()
    for trace in ("zebra", str(zora.id), zora.id.hex):
        assert trace not in kept, kept[max(0, kept.find(trace) - 300) : kept.find(trace) + 60]
    assert await stage.sql("SELECT id, posted FROM ledger_accounts ORDER BY id") == balances
    assert await stage.value("SELECT count(*) FROM tips WHERE fan_id IS NULL AND tokens = 10") == 1
    assert await stage.value("SELECT count(*) FROM events WHERE type = 'fan.erased'") == 1
    await stage.audit()


async def test_the_erased_are_signed_out_at_once_and_their_sockets_dropped(stage: Stage) -> None:
    dropped: list[str] = []

    async def disconnect(sid: str, **_rest: Any) -> None:
        dropped.append(sid)

    async def enter_room(_sid: str, _room: str) -> None:
        return None

    stage.house.sockets.server.disconnect = disconnect
    stage.house.sockets.server.enter_room = enter_room
    await stage.house.sockets._connect("her-socket", {}, {"token": stage.sam.token})
    assert (await stage.sam.ask("GET", "/api/fans/me")).status_code == 200
    assert (await stage.sam.ask("DELETE", "/api/fans/me", {"confirm": "sam"})).status_code == 200
    assert dropped == ["her-socket"]
    response = await stage.sam.ask("GET", "/api/fans/me")
    assert (response.status_code, response.json()["code"]) == (401, "SESSION_INVALID")
    try:
        await stage.house.sockets._connect("another", {}, {"token": stage.sam.token})
    except socketio.exceptions.ConnectionRefusedError as refused:
        assert "SESSION_INVALID" in str(refused)
    else:
        raise AssertionError("an erased fan's socket was let in")


async def test_nothing_is_erased_without_the_typed_name(stage: Stage) -> None:
    for body in ({"confirm": "mia"}, {"confirm": ""}, {}, None):
        response = await stage.sam.ask("DELETE", "/api/fans/me", body)
        assert response.status_code == 422, response.text
    assert (await stage.sam.ask("GET", "/api/fans/me")).status_code == 200


async def test_erasing_twice_and_at_once_is_erasing(stage: Stage) -> None:
    erasure: Erasure = stage.house.services[Erasure]
    replies = await asyncio.gather(
        *(stage.sam.ask("DELETE", "/api/fans/me", {"confirm": "sam"}) for _ in range(5)),
        *(erasure.erase(stage.sam.id) for _ in range(5)),
    )
    assert {reply.status_code for reply in replies if reply is not None} <= {200, 401}
    assert await stage.value("SELECT count(*) FROM events WHERE type = 'fan.erased'") == 1
    await stage.audit()


async def test_a_running_call_is_settled_first_and_the_other_side_hears_its_end(stage: Stage) -> None:
    ears = Ears(stage)
    call_id = await a_call(stage, stage.sam, connected=True, end=False)
    before = (await stage.mia.get("/api/wallet"))["wallet"]["balance"]
    await asyncio.sleep(0.2)
    assert (await stage.sam.ask("DELETE", "/api/fans/me", {"confirm": "sam"})).status_code == 200
    assert (await ears.hears(stage.mia, "call:ended", seconds=1))["callId"] == call_id
    call = (await stage.mia.get(f"/api/calls/{call_id}"))["call"]
    assert (call["state"], call["tokensCharged"], call["fan"]) == ("ended", 1, None)
    assert (await stage.mia.get("/api/wallet"))["wallet"]["balance"] == before + 1
    assert (await stage.mia.get(f"/api/calls/{call_id}/receipt"))["receipt"]["creatorTokens"] == 1
    await stage.audit()


async def test_a_ring_ends_with_either_sides_erasure(stage: Stage) -> None:
    ears = Ears(stage)
    await a_call(stage, stage.leo, connected=False)
    assert (await stage.leo.ask("DELETE", "/api/fans/me", {"confirm": "leo"})).status_code == 200
    await ears.hears(stage.mia, "call:cancelled", seconds=1)
    await a_call(stage, stage.sam, connected=False)
    assert (await stage.mia.ask("DELETE", "/api/fans/me", {"confirm": "mia"})).status_code == 200
    await ears.hears(stage.sam, "call:cancelled", seconds=1)
    assert (await stage.sam.get("/api/calls/current"))["calls"] == []


async def test_an_erased_creator_is_gone_for_her_fans_and_what_they_paid_is_not(stage: Stage) -> None:
    await stage.sam.post("/api/creators/mia/tip", {"tokens": 10})
    await stage.sam.post(f"/api/messages/{stage.mia.id}", {"body": "Hello"})
    assert (await stage.mia.ask("DELETE", "/api/fans/me", {"confirm": "mia"})).status_code == 200
    assert (await stage.http.get("/api/creators/mia")).status_code == 404
    assert (await stage.sam.get("/api/messages"))["threads"] == []
    export = (await stage.sam.get("/api/fans/me/export"))["export"]
    assert [(tip["creator"], tip["tokens"]) for tip in export["tips"] if tip["tokens"] == 10] == [(None, 10)]
    assert str(stage.mia.id) not in json.dumps(export)
    await stage.audit()


async def test_rings_follows_tips_and_messages_race_an_erasure_without_a_fault(stage: Stage) -> None:
    """Whoever comes second is refused in the ordinary way; nothing is left behind and nobody sees a 500."""
    for number in range(6):
        fan = await with_tokens(stage, f"racer-{number}", 50)
        await fan.ask("PUT", "/api/creators/mia/follow")
        await stage.sql("DELETE FROM call_cooldowns")
        replies = await asyncio.gather(
            fan.ask("DELETE", "/api/fans/me", {"confirm": f"racer-{number}"}),
            stage.mia.ask("POST", "/api/calls/initiate", {"fanId": str(fan.id), "callType": "voice"}),
            stage.mia.ask("POST", f"/api/messages/{fan.id}", {"body": "Hello"}),
            stage.mia.ask("PUT", f"/api/creators/me/blocks/{fan.id}"),
            fan.ask("PUT", "/api/creators/noor/follow"),
            fan.ask("POST", "/api/creators/noor/tip", {"tokens": 5}),
            fan.ask("POST", f"/api/messages/{stage.mia.id}", {"body": "Hello"}),
            fan.ask("POST", "/api/fans/share/enable"),
            fan.ask("PATCH", "/api/fans/me", {"searchable": True}),
        )
        assert replies[0].status_code == 200
        assert max(reply.status_code for reply in replies) < 500, [reply.text for reply in replies]
        assert await stage.value("SELECT count(*) FROM calls WHERE ended_at IS NULL") == 0
        assert str(fan.id) not in await everything(stage)
    await stage.audit()


def host_token(subject: str, issued_at: datetime, **claims: Any) -> str:
    full = {"iss": ISSUER, "sub": subject, "iat": issued_at, "exp": issued_at + timedelta(hours=1), **claims}
    return jwt.encode({name: value for name, value in full.items() if value is not None}, SECRET)


async def test_a_hosts_token_from_before_the_erasure_opens_no_new_account(settings: Settings, dsn: str) -> None:
    identity = Identity(secret_key=settings.identity.secret_key, jwt_secret=SECRET, jwt_issuer=ISSUER)
    settings = Settings(data_dir=settings.data_dir, identity=identity, limits=settings.limits, pool_size=10)
    assert local_key(settings)
    async with staged(settings, dsn) as stage:
        now = datetime.now(UTC)
        for subject in (f"host-user-{uuid.uuid4()}", str(stage.sam.id)):
            old, undated = host_token(subject, now), host_token(subject, now, iat=None)
            me = Caller("", stage.sam.id, old, stage.http)
            username = (await me.get("/api/fans/me"))["fan"]["username"]
            assert (await me.ask("DELETE", "/api/fans/me", {"confirm": username})).status_code == 200
            for token in (old, undated):
                response = await Caller("", stage.sam.id, token, stage.http).ask("GET", "/api/fans/me")
                assert (response.status_code, response.json()["code"]) == (401, "SESSION_INVALID")
            later = Caller("", stage.sam.id, host_token(subject, now + timedelta(seconds=3)), stage.http)
            back = (await later.get("/api/fans/me"))["fan"]
            assert back["id"] != str(stage.sam.id)
            assert (await later.get("/api/wallet"))["wallet"]["balance"] == 0
