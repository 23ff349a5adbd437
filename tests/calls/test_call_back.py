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
