"""Rating and reporting: who may, once or again, and who learns of it."""

from typing import Any

from tests.aftercare.conftest import paid_call
from tests.laws.stopped_clock import Theatre


async def refused(theatre: Theatre, who: str, path: str, body: Any) -> tuple[int, str]:
    response = await theatre.people[who].ask("POST", path, body)
    return response.status_code, response.json()["code"]


async def test_each_side_has_one_rating_a_call_and_may_change_it(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    for who, stars in (("sam", 2), ("mia", 5), ("sam", 4), ("sam", 4)):
        reply = await theatre.people[who].post(f"/api/calls/{call_id}/rating", {"stars": stars}, 200)
        assert reply["rating"] == {"stars": stars}
    rows = await theatre.sql("SELECT role, stars FROM call_ratings ORDER BY role")
    assert rows == [{"role": "creator", "stars": 5}, {"role": "fan", "stars": 4}]
    assert await theatre.value("SELECT count(*) FROM events WHERE type = 'call.rated'") == 3


async def test_only_a_call_that_connected_can_be_rated(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.sam.post("/api/calls/decline", {"callId": call_id})
    path = f"/api/calls/{call_id}/rating"
    assert await refused(theatre, "sam", path, {"stars": 5}) == (409, "CALL_NOT_CONNECTED")


async def test_what_makes_no_sense_and_what_is_a_strangers_is_refused(theatre: Theatre) -> None:
    call_id = await paid_call(theatre, 2)
    for stars in (0, 6, -1, 2.5, None):
        refusal = await refused(theatre, "sam", f"/api/calls/{call_id}/rating", {"stars": stars})
        assert refusal == (422, "VALIDATION_FAILED"), stars
    for body in ({"reason": "rude"}, {"text": "why"}, {"reason": "spam", "text": "x" * 2001}):
        refusal = await refused(theatre, "sam", f"/api/calls/{call_id}/report", body)
        assert refusal == (422, "VALIDATION_FAILED"), body
    for call in (call_id, "00000000-0000-4000-8000-000000000000"):
        for verb, body in (("rating", {"stars": 5}), ("report", {"reason": "spam"})):
            assert await refused(theatre, "leo", f"/api/calls/{call}/{verb}", body) == (404, "CALL_NOT_FOUND")
    assert await theatre.value("SELECT (SELECT count(*) FROM call_ratings) + (SELECT count(*) FROM call_reports)") == 0


async def test_either_side_can_report_any_call_that_they_were_in(theatre: Theatre) -> None:
    declined = await theatre.ring()
    await theatre.sam.post("/api/calls/decline", {"callId": declined})
    talked = await paid_call(theatre)
    for who, call_id in (("sam", declined), ("mia", declined), ("sam", talked), ("mia", talked)):
        body = {"reason": "harassment", "text": f"{who} says so"}
        await theatre.later(1)
        made = (await theatre.people[who].post(f"/api/calls/{call_id}/report", body, 201))["report"]
        assert made.keys() == {"id", "createdAt"}
    listed = (await theatre.ops.get("/api/ops/reports"))["reports"]
    assert [(r["callId"], r["by"], r["reporter"]["username"], r["accused"]["username"]) for r in listed] == [
        (talked, "creator", "mia", "sam"),
        (talked, "fan", "sam", "mia"),
        (declined, "creator", "mia", "sam"),
        (declined, "fan", "sam", "mia"),
    ]
    assert listed[0]["text"] == "mia says so" and listed[0]["reason"] == "harassment"


async def test_nobody_but_the_reporter_and_operators_learns_of_a_report(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    before = {who: (await theatre.people[who].get("/api/fans/me/events"))["events"] for who in ("mia", "sam")}
    await theatre.sam.post(f"/api/calls/{call_id}/report", {"reason": "fraud", "text": "Mia asked for a card number"})
    assert (await theatre.mia.get("/api/fans/me/events"))["events"] == before["mia"]
    mine = (await theatre.sam.get("/api/fans/me/events"))["events"]
    assert [event["type"] for event in mine][: len(mine) - len(before["sam"])] == ["call.reported"]
    event = (await theatre.sql("SELECT data, deliveries FROM events WHERE type = 'call.reported'"))[0]
    assert event["deliveries"] == [] and "card number" not in str(event["data"])
    for who in ("mia", "sam"):
        for path in ("/api/ops/reports", "/api/ops/disputes"):
            assert (await theatre.people[who].ask("GET", path)).status_code == 403


async def test_a_report_is_closed_once_with_what_was_found(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    report = (await theatre.sam.post(f"/api/calls/{call_id}/report", {"reason": "other", "text": "see above"}))[
        "report"
    ]
    path = f"/api/ops/reports/{report['id']}/close"
    closed = (await theatre.ops.post(path, {"resolution": "warned"}))["report"]
    assert closed["resolution"] == "warned" and closed["closedAt"] is not None
    assert await refused(theatre, "ops", path, {"resolution": "again"}) == (409, "REPORT_CLOSED")
    missing = "/api/ops/reports/00000000-0000-4000-8000-000000000000/close"
    assert await refused(theatre, "ops", missing, {"resolution": "x"}) == (404, "REPORT_NOT_FOUND")
    assert (await theatre.ops.get("/api/ops/reports"))["reports"] == []
    assert len((await theatre.ops.get("/api/ops/reports?state=all"))["reports"]) == 1
    assert await theatre.value("SELECT count(*) FROM events WHERE type = 'call.report_closed'") == 1


async def test_reports_come_in_pages_newest_first(theatre: Theatre) -> None:
    call_id = await paid_call(theatre, 2)
    for number in range(5):
        await theatre.sam.post(f"/api/calls/{call_id}/report", {"reason": "spam", "text": str(number)})
        await theatre.later(1)
    texts, cursor = [], ""
    while cursor is not None:
        page = await theatre.ops.get(f"/api/ops/reports?limit=2&cursor={cursor}")
        texts += [report["text"] for report in page["reports"]]
        cursor = page["nextCursor"]
    assert texts == ["4", "3", "2", "1", "0"]


async def test_what_an_erased_person_wrote_goes_and_that_there_was_a_complaint_stays(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    await theatre.sam.post(f"/api/calls/{call_id}/report", {"reason": "spam", "text": "my secret"})
    await theatre.sam.post(f"/api/calls/{call_id}/dispute", {"text": "my other secret"})
    await theatre.later(1)
    await theatre.mia.post(f"/api/calls/{call_id}/report", {"reason": "other", "text": "hers stays"})
    await theatre.sam.ask("DELETE", "/api/fans/me", {"confirm": "sam"})
    reports = (await theatre.ops.get("/api/ops/reports"))["reports"]
    assert [(r["reporter"] and r["reporter"]["username"], r["text"], r["reason"]) for r in reports] == [
        ("mia", "hers stays", "other"),
        (None, "", "spam"),
    ]
    dispute = (await theatre.ops.get("/api/ops/disputes"))["disputes"][0]
    assert (dispute["fan"], dispute["text"]) == (None, "")
