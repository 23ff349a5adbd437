"""Share cards: strong tokens that no dump contains, and one answer for every link that is dead."""

import asyncio
import base64
import dataclasses
import hashlib
from typing import Any

import httpx
import pytest

from stagedoor.cards import tokens
from stagedoor.settings import Identity, Settings, SettingsError
from tests.conftest import Stage, staged

GUARDED = {"x-robots-tag": "noindex, nofollow", "referrer-policy": "no-referrer", "cache-control": "no-store"}


async def read(stage: Stage, token: str) -> httpx.Response:
    """As somebody who only has the link."""
    return await stage.http.get(f"/api/fans/share/{token}")


async def enable(stage: Stage, **body: Any) -> dict[str, Any]:
    reply = await stage.sam.post("/api/fans/share/enable", body or None)
    card: dict[str, Any] = reply["card"]
    return card


async def test_whoever_has_the_link_sees_the_name_and_nothing_else(stage: Stage) -> None:
    card = await enable(stage)
    assert card["url"] == f"http://test/c/{card['token']}"
    response = await read(stage, card["token"])
    assert response.json() == {
        "ok": True,
        "card": {"displayName": "Sam", "avatarUrl": None, "expiresAt": card["expiresAt"]},
    }
    assert GUARDED.items() <= dict(response.headers).items()
    assert str(stage.sam.id) not in response.text
    assert "sam" not in response.text


async def test_the_same_link_is_shown_again_and_a_rotated_one_is_new(stage: Stage) -> None:
    first = await enable(stage)
    assert await enable(stage) == first
    assert (await stage.sam.get("/api/fans/share"))["card"] == first
    second = await enable(stage, rotate=True)
    assert second["token"] != first["token"]
    assert (await read(stage, first["token"])).status_code == 404
    assert (await read(stage, second["token"])).status_code == 200
    kinds = [row["type"] for row in await stage.sql("SELECT type FROM events WHERE type LIKE 'card%' ORDER BY id")]
    assert kinds == ["card.enabled", "card.rotated"]


async def test_enabling_many_times_at_once_makes_one_link(stage: Stage) -> None:
    cards = await asyncio.gather(*(enable(stage) for _ in range(20)))
    assert len({card["token"] for card in cards}) == 1


async def test_every_dead_link_is_one_and_the_same_answer(stage: Stage) -> None:
    revoked = await enable(stage)
    await stage.sam.post("/api/fans/share/disable")
    expired = (await stage.leo.post("/api/fans/share/enable"))["card"]
    await stage.sql(
        "UPDATE share_cards SET created_at = now() - interval '31 days', expires_at = now() - interval '1 second'"
    )
    gone = await stage.person("gone")
    erased = (await gone.post("/api/fans/share/enable"))["card"]
    assert (await gone.ask("DELETE", "/api/fans/me", {"confirm": "gone"})).status_code == 200
    dead = {
        "unknown": tokens.token_of(b"k" * 32, tokens.new_nonce()),
        "revoked": revoked["token"],
        "expired": expired["token"],
        "erased": erased["token"],
        "malformed": "a%20b%00%C3%28",
        "short": "x",
        "long": "x" * 3000,
    }
    answers = set()
    for token in dead.values():
        response = await read(stage, token)
        headers = {k: v for k, v in response.headers.items() if k not in ("date", "x-request-id")}
        body = response.json() | {"timestamp": "", "requestId": ""}
        assert body["code"] == "CARD_NOT_FOUND"
        assert GUARDED.items() <= headers.items()
        answers.add((response.status_code, str(headers), str(body)))
    assert len(answers) == 1
    assert (await stage.leo.get("/api/fans/share"))["card"] is None
    assert (await stage.leo.post("/api/fans/share/enable"))["card"]["token"] != expired["token"]


async def test_a_link_lives_as_many_days_as_configured(settings: Settings, dsn: str) -> None:
    async with staged(dataclasses.replace(settings, share_card_days=3), dsn) as stage:
        await enable(stage)
        assert await stage.value("SELECT expires_at - created_at = interval '3 days' FROM share_cards")
    assert Settings.from_env({}).share_card_days == 30
    assert Settings.from_env({"SHARE_CARD_DAYS": "7"}).share_card_days == 7
    with pytest.raises(SettingsError, match="SHARE_CARD_DAYS"):
        Settings.from_env({"SHARE_CARD_DAYS": "0"})


async def test_a_token_has_192_bits_and_no_two_are_alike(stage: Stage) -> None:
    found = set()
    for _ in range(50):
        token = (await enable(stage, rotate=True))["token"]
        assert len(base64.urlsafe_b64decode(token)) == tokens.TOKEN_BYTES == 24
        found.add(token)
    assert len(found) == 50


async def test_a_dump_contains_no_token_and_nothing_that_makes_one(stage: Stage) -> None:
    """Every column of every row, as a thief of the database would read it."""
    card = await enable(stage)
    token = card["token"]
    names = [row["relname"] for row in await stage.sql("SELECT relname FROM pg_stat_user_tables")]
    dump = ""
    for name in names:
        dump += str([row["r"] for row in await stage.sql(f"SELECT r::text FROM {name} AS r")])
    assert token not in dump
    raw = base64.urlsafe_b64decode(token)
    assert raw.hex() not in dump
    assert base64.b64encode(raw).decode() not in dump
    row = (await stage.sql("SELECT nonce, token_hash FROM share_cards"))[0]
    assert row["token_hash"] == hashlib.sha256(token.encode()).digest()
    assert tokens.token_of(b"", row["nonce"]) != token
    assert tokens.token_of(row["token_hash"], row["nonce"]) != token


async def test_links_outlive_a_change_of_the_servers_key_but_are_not_shown_again(settings: Settings, dsn: str) -> None:
    async with staged(settings, dsn) as stage:
        card = await enable(stage)
    other = dataclasses.replace(settings, identity=Identity(secret_key="another key, and just as long as the first"))
    async with staged(other, dsn) as stage:
        assert (await read(stage, card["token"])).status_code == 200
        shown = (await stage.sam.get("/api/fans/share"))["card"]
        assert (shown["token"], shown["url"], shown["expiresAt"]) == (None, None, card["expiresAt"])
        fresh = await enable(stage, rotate=True)
        assert (await read(stage, fresh["token"])).status_code == 200


async def test_with_the_feature_off_nothing_is_shown_and_revoking_still_works(settings: Settings, dsn: str) -> None:
    async with staged(settings, dsn) as stage:
        card = await enable(stage)
    off = dataclasses.replace(settings, flags={**settings.flags, "FEATURE_FAN_SHARE_CARD": False})
    async with staged(off, dsn) as stage:
        for response in (await read(stage, card["token"]), await stage.sam.ask("POST", "/api/fans/share/enable")):
            assert (response.status_code, response.json()["code"]) == (403, "FEATURE_DISABLED")
        assert (await stage.sam.post("/api/fans/share/disable"))["card"] is None
    async with staged(settings, dsn) as stage:
        assert (await read(stage, card["token"])).status_code == 404


async def test_links_lead_to_the_configured_front_end(settings: Settings, dsn: str) -> None:
    async with staged(dataclasses.replace(settings, frontend_urls=("https://fans.example",)), dsn) as stage:
        card = await enable(stage)
        assert card["url"] == f"https://fans.example/c/{card['token']}"


async def test_a_hidden_fan_may_still_hand_out_her_card(stage: Stage) -> None:
    await stage.sam.ask("PATCH", "/api/fans/me", {"visibility": "hidden"})
    card = await enable(stage)
    assert (await read(stage, card["token"])).json()["card"]["displayName"] == "Sam"
