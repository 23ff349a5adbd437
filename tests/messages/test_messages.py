"""Messages: who may write to whom, what each side sees of a thread, and that it arrives at once."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

from tests.conftest import Caller, Stage
from tests.ears import Ears


async def write(sender: Caller, recipient: Caller, body: str = "Hello") -> tuple[int, str | None]:
    response = await sender.ask("POST", f"/api/messages/{recipient.id}", {"body": body})
    return response.status_code, response.json().get("code")


async def thread(reader: Caller, other: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await reader.get(f"/api/messages/{other.id}"))["messages"]
    return found


async def threads(reader: Caller) -> dict[str, dict[str, Any]]:
    return {found["person"]["username"]: found for found in (await reader.get("/api/messages"))["threads"]}


async def test_a_message_arrives_at_once_is_unread_and_then_read(stage: Stage) -> None:
    ears = Ears(stage)
    sent = (await stage.mia.post(f"/api/messages/{stage.sam.id}", {"body": "Good evening"}, status=201))["message"]
    heard = await ears.hears(stage.sam, "message:new", seconds=1)
    assert heard["message"] == {**sent, "mine": False}
    assert heard["from"] == {"id": str(stage.mia.id), "username": "mia", "displayName": "Mia", "avatarUrl": None}
    mine = (await threads(stage.sam))["mia"]
    assert (mine["unread"], mine["canMessage"], mine["last"]["body"]) == (1, True, "Good evening")
    assert (await threads(stage.mia))["sam"]["unread"] == 0
    assert (await thread(stage.mia, stage.sam))[0]["readAt"] is None
    assert (await stage.sam.post(f"/api/messages/{stage.mia.id}/read"))["read"] == {"unread": 0}
    assert (await threads(stage.sam))["mia"]["unread"] == 0
    assert (await thread(stage.mia, stage.sam))[0]["readAt"] is not None
    await ears.settle()
    assert ears.names(stage.mia) == []


async def test_an_answer_reaches_the_creators_channel(stage: Stage) -> None:
    ears = Ears(stage)
    assert await write(stage.sam, stage.mia, "Good evening to you") == (201, None)
    await ears.hears(stage.mia, "message:new", seconds=1)
    assert [channel for channel, name, _ in ears.heard if name == "message:new"] == [f"creator:{stage.mia.id}"]


async def test_a_fan_writes_to_any_creator_and_to_no_fan(stage: Stage) -> None:
    assert await write(stage.leo, stage.noor) == (201, None)
    for recipient in (stage.sam, stage.leo, stage.ops):
        assert await write(stage.leo, recipient) == (404, "FAN_UNAVAILABLE")


async def test_a_creator_writes_to_another_creator_as_to_a_fan(stage: Stage) -> None:
    assert await write(stage.mia, stage.noor) == (404, "FAN_UNAVAILABLE")  # Noor, as a fan, is private
    await stage.noor.ask("PATCH", "/api/fans/me", {"visibility": "creators", "allowDm": "everyone"})
    assert await write(stage.mia, stage.noor) == (201, None)
    assert await write(stage.noor, stage.mia) == (404, "FAN_UNAVAILABLE")
    await stage.noor.ask("PUT", f"/api/creators/me/blocks/{stage.mia.id}")
    assert await write(stage.mia, stage.noor) == (404, "FAN_UNAVAILABLE")


async def test_the_fans_choice_counts_at_once_and_for_what_comes_after(stage: Stage) -> None:
    assert await write(stage.mia, stage.sam) == (201, None)
    await stage.sam.ask("PATCH", "/api/fans/me", {"allowDm": "nobody"})
    assert await write(stage.mia, stage.sam) == (404, "FAN_UNAVAILABLE")
    assert (await threads(stage.mia))["sam"]["canMessage"] is False
    assert len(await thread(stage.sam, stage.mia)) == 1
    assert await write(stage.sam, stage.mia) == (201, None)


async def test_a_fan_who_never_wrote_and_hides_is_gone_from_the_creators_threads(stage: Stage) -> None:
    """Her name may not be read off an old thread; that she read a message may not be either."""
    await write(stage.mia, stage.sam)
    await write(stage.mia, stage.leo)
    await write(stage.leo, stage.mia)
    for fan in (stage.sam, stage.leo):
        await fan.ask("PATCH", "/api/fans/me", {"visibility": "hidden"})
        await fan.post(f"/api/messages/{stage.mia.id}/read")
    assert list(await threads(stage.mia)) == ["leo"]  # who wrote herself
    for fan in (stage.sam, stage.leo):
        assert [message["readAt"] for message in await thread(stage.mia, fan) if message["mine"]] == [None]


async def test_a_thread_with_somebody_unknown_is_an_empty_one(stage: Stage) -> None:
    empty = {"ok": True, "messages": [], "nextCursor": None, "canMessage": False}
    await stage.ines.ask("PATCH", "/api/fans/me", {"visibility": "hidden"})
    for other in (uuid.uuid4(), "not-an-id", stage.ines.id, stage.mia.id):
        assert await stage.mia.get(f"/api/messages/{other}") == empty
        assert (await stage.mia.post(f"/api/messages/{other}/read"))["read"] == {"unread": 0}


async def test_pages_of_a_thread_follow_each_other_without_gap_or_repeat(stage: Stage) -> None:
    for number in range(7):
        await write(stage.sam if number % 2 else stage.mia, stage.mia if number % 2 else stage.sam, str(number))
    bodies, cursor = [], ""
    while cursor is not None:
        page = await stage.sam.get(f"/api/messages/{stage.mia.id}?limit=3&cursor={cursor}")
        bodies += [message["body"] for message in page["messages"]]
        cursor = page["nextCursor"]
    assert bodies == ["6", "5", "4", "3", "2", "1", "0"]


async def test_what_is_no_message_is_refused(stage: Stage) -> None:
    for body in ("", " \n\t", "x" * 4001, "with \x00 in it", None, 7):
        response = await stage.mia.ask("POST", f"/api/messages/{stage.sam.id}", {"body": body})
        assert (response.status_code, response.json()["code"]) == (422, "VALIDATION_FAILED"), body
    assert await write(stage.mia, stage.sam, "é" * 4000) == (201, None)
    assert await write(stage.mia, stage.sam, "two\nlines\n") == (201, None)


async def test_what_was_written_is_in_no_log_and_in_no_events_data(stage: Stage, log: Path) -> None:
    await write(stage.mia, stage.sam, "a-secret-between-us")
    await Ears(stage).settle()
    assert await stage.value("SELECT count(*) FROM events WHERE data::text LIKE '%a-secret-between-us%'") == 0
    said = await asyncio.to_thread(log.read_text)
    assert "message.sent" in said and "a-secret-between-us" not in said
