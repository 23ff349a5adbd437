"""Quiet hours: a ring that the creator cannot tell from any other, and that the fan only finds as a missed call."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stagedoor.settings import FLAG_DEFAULTS, Settings
from tests.conftest import GENEROUS, Stage, fresh_database, quick, staged
from tests.laws.stopped_clock import Theatre, opened

DIFFERS = {"id", "createdAt", "expiresAt", "endedAt", "serverTime", "segments"}


@pytest.fixture(scope="module")
async def quiet_stage(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One stage for all who only ask what the settings mean."""
    folder: Path = tmp_path_factory.mktemp("quiet")
    settings = Settings(data_dir=folder, flags=dict.fromkeys(FLAG_DEFAULTS, True), limits=GENEROUS)
    async with fresh_database(server) as dsn, staged(settings, dsn) as found:
        yield found


async def always_quiet(stage: Stage) -> None:
    """Quiet hours around the clock, but for the minute that is farthest from now."""
    now = await stage.value("SELECT clock_timestamp()")
    far = (now.hour + 12) % 24
    await stage.sam.ask(
        "PATCH", "/api/fans/me", {"quietFrom": f"{far:02}:31", "quietUntil": f"{far:02}:30", "timezone": "UTC"}
    )


async def told(stage: Stage, call_id: str, channel: str) -> list[str]:
    rows = await stage.sql(
        "SELECT d ->> 'name' AS name FROM events e, jsonb_array_elements(e.deliveries) d"
        " WHERE e.call_id = $1 AND d ->> 'channel' = $2 ORDER BY e.id",
        call_id,
        channel,
    )
    return [row["name"] for row in rows]


def same(call: Any) -> Any:
    return {name: value for name, value in call.items() if name not in DIFFERS}


async def test_no_device_of_the_fan_rings_in_quiet_hours(stage: Stage) -> None:
    await always_quiet(stage)
    call_id = await stage.ring()
    assert (await stage.sam.get("/api/calls/current"))["calls"] == []
    assert await told(stage, call_id, f"fan:{stage.sam.id}") == []
    assert (await stage.sam.get("/api/calls/history"))["calls"] == []


async def test_the_creator_cannot_tell_a_quiet_ring_from_one_that_is_missed(settings: Settings, server: str) -> None:
    async with opened(quick(settings, ring_seconds=30), server) as theatre:
        seen = []
        for quiet in (False, True):
            if quiet:
                await always_quiet(theatre)
            call_id = await theatre.ring()
            ringing = (await theatre.mia.get("/api/calls/current"))["calls"]
            await theatre.tick(31)
            over = (await theatre.mia.get("/api/calls/history"))["calls"][0]
            trail = [
                (event["type"], sorted(event["data"].items()))
                for event in (await theatre.mia.get("/api/fans/me/events"))["events"]
                if event["callId"] == call_id
            ]
            heard = await theatre.sql(
                "SELECT d -> 'data' AS data FROM events e, jsonb_array_elements(e.deliveries) d"
                " WHERE e.call_id = $1 AND d ->> 'channel' = $2 ORDER BY e.id",
                call_id,
                f"creator:{theatre.mia.id}",
            )
            heard = [{**row["data"], "callId": ""} for row in heard]
            seen.append(([same(call) for call in ringing], same(over), trail, heard))
        assert seen[0] == seen[1]
        assert seen[1][1]["state"] == "missed" and seen[1][1]["endReason"] == "expired"


async def test_the_fan_finds_a_missed_call_with_its_reason(theatre: Theatre) -> None:
    await always_quiet(theatre)
    call_id = await theatre.ring()
    await theatre.tick(121)
    mine = (await theatre.sam.get("/api/calls/history"))["calls"]
    assert [(call["id"], call["state"], call["endReason"]) for call in mine] == [(call_id, "missed", "quiet_hours")]
    assert await theatre.value("SELECT end_reason FROM calls") == "quiet_hours"


async def test_a_quiet_ring_expired_by_hand_says_why(stage: Stage) -> None:
    await always_quiet(stage)
    call_id = await stage.ring()
    await stage.sql("UPDATE call_invitations SET state = 'expired' WHERE call_id = $1", call_id)
    assert (await stage.sam.get(f"/api/calls/{call_id}"))["call"]["endReason"] == "quiet_hours"
    assert (await stage.mia.get(f"/api/calls/{call_id}"))["call"]["endReason"] == "expired"


async def test_a_quiet_ring_that_was_cancelled_is_a_missed_call_for_the_fan_alone(stage: Stage) -> None:
    await always_quiet(stage)
    call_id = await stage.ring()
    cancelled = (await stage.mia.post("/api/calls/cancel", {"callId": call_id}))["call"]
    assert (cancelled["state"], cancelled["endReason"]) == ("cancelled", "cancelled")
    mine = (await stage.sam.get("/api/calls/history"))["calls"][0]
    assert (mine["state"], mine["endReason"]) == ("missed", "quiet_hours")


async def test_a_ring_outside_quiet_hours_rings(stage: Stage) -> None:
    far = ((await stage.value("SELECT clock_timestamp()")).hour + 12) % 24
    await stage.sam.ask("PATCH", "/api/fans/me", {"quietFrom": f"{far:02}:30", "quietUntil": f"{far:02}:31"})
    call_id = await stage.ring()
    assert [call["id"] for call in (await stage.sam.get("/api/calls/current"))["calls"]] == [call_id]
    assert await told(stage, call_id, f"fan:{stage.sam.id}") == ["call:incoming"]


# Berlin springs forward on 29 March 2026 (02:00 → 03:00, 01:00 UTC) and back on 25 October (03:00 → 02:00, 01:00 UTC).
@pytest.mark.parametrize(
    ("hours", "zone", "moment", "quiet"),
    [
        (("13:00", "14:00"), "UTC", "2026-01-10 12:59:59.999", False),
        (("13:00", "14:00"), "UTC", "2026-01-10 13:00", True),
        (("13:00", "14:00"), "UTC", "2026-01-10 13:59:59.999", True),
        (("13:00", "14:00"), "UTC", "2026-01-10 14:00", False),
        (("22:00", "07:00"), "UTC", "2026-01-10 21:59:59.999", False),
        (("22:00", "07:00"), "UTC", "2026-01-10 22:00", True),
        (("22:00", "07:00"), "UTC", "2026-01-11 00:00", True),
        (("22:00", "07:00"), "UTC", "2026-01-11 06:59:59.999", True),
        (("22:00", "07:00"), "UTC", "2026-01-11 07:00", False),
        (("22:00", "07:00"), "Europe/Berlin", "2026-01-10 21:00", True),
        (("22:00", "07:00"), "Europe/Berlin", "2026-07-10 20:00", True),
        (("22:00", "07:00"), "Europe/Berlin", "2026-01-10 20:00", False),
        (("22:00", "07:00"), "Europe/Berlin", "2026-03-29 04:59", True),
        (("22:00", "07:00"), "Europe/Berlin", "2026-03-29 05:00", False),
        (("22:00", "07:00"), "Europe/Berlin", "2026-03-28 05:59", True),
        (("02:30", "03:00"), "Europe/Berlin", "2026-03-29 01:00", False),
        (("02:30", "03:00"), "Europe/Berlin", "2026-10-25 00:30", True),
        (("02:30", "03:00"), "Europe/Berlin", "2026-10-25 01:00", False),
        (("02:30", "03:00"), "Europe/Berlin", "2026-10-25 01:30", True),
        (("09:00", "17:00"), "America/St_Johns", "2026-01-10 12:30", True),
        (("09:00", "17:00"), "America/St_Johns", "2026-01-10 12:29", False),
    ],
)
async def test_quiet_hours_follow_the_clock_on_the_fans_wall(
    quiet_stage: Stage, hours: tuple[str, str], zone: str, moment: str, quiet: bool
) -> None:
    await quiet_stage.sam.ask(
        "PATCH", "/api/fans/me", {"quietFrom": hours[0], "quietUntil": hours[1], "timezone": zone}
    )
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert await quiet_stage.value("SELECT fan_is_quiet($1, $2)", quiet_stage.sam.id, at) is quiet


async def test_a_fan_without_quiet_hours_and_an_unknown_one_are_never_quiet(quiet_stage: Stage) -> None:
    await quiet_stage.sam.ask("PATCH", "/api/fans/me", {"quietFrom": None, "quietUntil": None})
    for fan in (quiet_stage.sam.id, "00000000-0000-0000-0000-000000000000"):
        assert await quiet_stage.value("SELECT fan_is_quiet($1, clock_timestamp())", fan) is False


@pytest.mark.parametrize(
    "wanted",
    [
        {"quietFrom": "22:00"},
        {"quietUntil": "07:00"},
        {"quietFrom": "22:00", "quietUntil": "22:00"},
        {"quietFrom": "24:00", "quietUntil": "07:00"},
        {"quietFrom": "22:00\n", "quietUntil": "07:00"},
        {"quietFrom": "9:00", "quietUntil": "10:00"},
        {"timezone": "Mars/Olympus"},
        {"timezone": ""},
        {"timezone": "FOO+3BAR"},
        {"timezone": "../../etc/passwd"},
    ],
)
async def test_quiet_hours_that_make_no_sense_are_refused(quiet_stage: Stage, wanted: dict[str, Any]) -> None:
    cleared = await quiet_stage.sam.ask("PATCH", "/api/fans/me", {"quietFrom": None, "quietUntil": None})
    response = await quiet_stage.sam.ask("PATCH", "/api/fans/me", wanted)
    assert (response.status_code, response.json()["code"]) == (422, "VALIDATION_FAILED"), response.text
    assert (await quiet_stage.sam.get("/api/fans/me"))["fan"] == cleared.json()["fan"]


async def test_quiet_hours_are_saved_read_and_cleared(quiet_stage: Stage) -> None:
    wanted = {"quietFrom": "22:00", "quietUntil": "07:30", "timezone": "Europe/Berlin"}
    await quiet_stage.sam.ask("PATCH", "/api/fans/me", wanted)
    fan = (await quiet_stage.sam.get("/api/fans/me"))["fan"]
    assert {name: fan[name] for name in wanted} == wanted
    await quiet_stage.sam.ask("PATCH", "/api/fans/me", {"quietFrom": None, "quietUntil": None})
    fan = (await quiet_stage.sam.get("/api/fans/me"))["fan"]
    assert (fan["quietFrom"], fan["quietUntil"], fan["timezone"]) == (None, None, "Europe/Berlin")
