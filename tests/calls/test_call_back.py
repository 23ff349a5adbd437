"""A decline that says when to call again."""

from datetime import datetime, timedelta

import pytest

from tests.conftest import Stage
from tests.laws.stopped_clock import Theatre


@pytest.mark.parametrize("minutes", [15, 30, 60])
async def test_the_creator_is_told_when_to_call_again(theatre: Theatre, minutes: int) -> None:
    call_id = await theatre.ring()
    wanted = await theatre.now() + timedelta(minutes=minutes)
    await theatre.sam.post("/api/calls/decline", {"callId": call_id, "callBackMinutes": minutes})
    for who in ("mia", "sam"):
        call = await theatre.call(call_id, who)
        assert (call["state"], call["endReason"]) == ("declined", "declined")
        assert datetime.fromisoformat(call["callBackAt"]) == wanted
    told = await theatre.sql(
        "SELECT d -> 'data' AS data FROM events e, jsonb_array_elements(e.deliveries) d"
        " WHERE e.call_id = $1 AND d ->> 'name' = 'call:declined'",
        call_id,
    )
    assert len(told) == 2
    assert {datetime.fromisoformat(row["data"]["callBackAt"]) for row in told} == {wanted}


async def test_an_ordinary_decline_names_no_time(stage: Stage) -> None:
    call_id = await stage.ring()
    declined = await stage.sam.post("/api/calls/decline", {"callId": call_id})
    assert declined["call"]["callBackAt"] is None
    assert (await stage.mia.get(f"/api/calls/{call_id}"))["call"]["callBackAt"] is None


async def test_only_the_first_decline_counts(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    first = await theatre.sam.post("/api/calls/decline", {"callId": call_id, "callBackMinutes": 15})
    await theatre.later(60)
    again = await theatre.sam.post("/api/calls/decline", {"callId": call_id, "callBackMinutes": 60})
    assert again["call"]["callBackAt"] == first["call"]["callBackAt"]


@pytest.mark.parametrize("minutes", [0, 14, 61, -15, "soon"])
async def test_no_other_time_can_be_asked_for(stage: Stage, minutes: object) -> None:
    call_id = await stage.ring()
    response = await stage.sam.ask("POST", "/api/calls/decline", {"callId": call_id, "callBackMinutes": minutes})
    assert response.status_code == 422
    assert (await stage.sam.get(f"/api/calls/{call_id}"))["call"]["state"] == "ringing"


async def shown_to_mia(theatre: Theatre, fan_id: object) -> list[datetime | None]:
    """When the creator's list of fans, and the fan's profile, say that she wants to be called."""
    fans = (await theatre.mia.get("/api/creators/me/fans"))["fans"]
    profile = (await theatre.mia.get(f"/api/fans/{fan_id}/mini-profile"))["profile"]
    asked = [next(one for one in fans if one["fan"]["id"] == str(fan_id)), profile]
    return [one["callBackAt"] and datetime.fromisoformat(one["callBackAt"]) for one in asked]


async def test_the_creators_list_says_when_until_she_calls_again(theatre: Theatre) -> None:
    assert await shown_to_mia(theatre, theatre.sam.id) == [None, None]
    call_id = await theatre.ring()
    wanted = await theatre.now() + timedelta(minutes=15)
    await theatre.sam.post("/api/calls/decline", {"callId": call_id, "callBackMinutes": 15})
    assert await shown_to_mia(theatre, theatre.sam.id) == [wanted, wanted]
    await theatre.later(15 * 60)
    assert await shown_to_mia(theatre, theatre.sam.id) == [wanted, wanted], "a little late is not too late"
    await theatre.mia.post("/api/calls/cancel", {"callId": await theatre.ring()})
    assert await shown_to_mia(theatre, theatre.sam.id) == [None, None], "she called again"


async def test_an_old_wish_is_not_shown_and_forgetting_takes_it_along(theatre: Theatre) -> None:
    for passes in ("time", "forgetting"):
        call_id = await theatre.ring()
        await theatre.sam.post("/api/calls/decline", {"callId": call_id, "callBackMinutes": 60})
        if passes == "time":
            await theatre.later(13 * 3600 + 1)
        else:
            gone = await theatre.sam.ask("DELETE", f"/api/fans/me/relationships/{theatre.mia.id}")
            assert gone.status_code == 200
            await theatre.sam.ask("PUT", "/api/creators/mia/follow")
        assert await shown_to_mia(theatre, theatre.sam.id) == [None, None]
