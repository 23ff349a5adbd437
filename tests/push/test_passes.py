"""What a browser may do without a session: decline the one ring it was pushed, say where its subscription moved."""

import uuid

from stagedoor.push import Passes
from tests.conftest import Stage
from tests.push.conftest import subscribed
from tests.push.service import Browser, PushService

DECLINE, RENEW = "/api/calls/decline-pushed", "/api/push/renewal"


async def pushed_token(stage: Stage, service: PushService, browser: Browser) -> tuple[str, str]:
    """A ring, and the pass that came with it."""
    call_id = await stage.ring()
    (ring,) = await service.wait_for(1)
    return call_id, browser.decrypt(ring.body)["declineToken"]


async def test_a_ring_is_declined_from_its_notification_without_a_session(pushing: Stage, service: PushService) -> None:
    browser = await subscribed(pushing, service, "sam", "phone")
    call_id, token = await pushed_token(pushing, service, browser)
    for _ in range(2):
        answer = await pushing.http.post(DECLINE, json={"callId": call_id, "token": token})
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "call": {"declined": True}})
    call = (await pushing.mia.get(f"/api/calls/{call_id}"))["call"]
    assert (call["state"], call["endReason"], call["callBackAt"]) == ("declined", "declined", None)
    assert await pushing.value("SELECT count(*) FROM events WHERE type = 'call.declined'") == 1


async def test_a_pass_is_for_its_own_call_and_person(pushing: Stage, service: PushService) -> None:
    browser = await subscribed(pushing, service, "sam", "phone")
    call_id, token = await pushed_token(pushing, service, browser)
    passes = pushing.house.passes
    wrong = [
        (call_id, passes.issue("decline", pushing.mia.id, call_id)),  # a participant, but not the one who is rung
        (call_id, passes.issue("renew", pushing.sam.id, call_id)),
        (call_id, Passes(b"another house").issue("decline", pushing.sam.id, call_id)),
        (call_id, token[:-4] + "AAAA"),
        (call_id, ""),
        (call_id, "not base64!"),
        (str(uuid.uuid4()), token),
    ]
    for about, forged in wrong:
        answer = await pushing.http.post(DECLINE, json={"callId": about, "token": forged})
        assert (answer.status_code, answer.json()["code"]) == (404, "CALL_NOT_FOUND"), forged
    assert (await pushing.sam.get(f"/api/calls/{call_id}"))["call"]["state"] == "ringing"


async def test_a_pass_is_worth_nothing_once_the_ring_is_over(pushing: Stage, service: PushService) -> None:
    browser = await subscribed(pushing, service, "sam", "phone")
    call_id, token = await pushed_token(pushing, service, browser)
    await pushing.sam.post("/api/calls/accept", {"callId": call_id})
    answer = await pushing.http.post(DECLINE, json={"callId": call_id, "token": token})
    assert (answer.status_code, answer.json()["code"]) == (409, "ANSWERED_ELSEWHERE")
    assert (await pushing.sam.get(f"/api/calls/{call_id}"))["call"]["state"] == "connecting"


async def test_a_browser_that_moved_says_so_and_rings_there(pushing: Stage, service: PushService) -> None:
    before, after = Browser("old", service.origin), Browser("new", service.origin)
    told = await pushing.sam.ask("PUT", "/api/push/subscription", before.subscription())
    token = told.json()["subscription"]["renewToken"]
    body = {"token": token, "before": before.endpoint, **after.subscription()}
    renewed = await pushing.http.post(RENEW, json=body)
    assert renewed.status_code == 200
    again = await pushing.http.post(RENEW, json=body)
    assert (again.status_code, again.json()["code"]) == (401, "NOT_AUTHENTICATED"), "what moved away is not there"
    await pushing.ring()
    (ring,) = await service.wait_for(1)
    assert ring.browser == "new" and after.decrypt(ring.body)["type"] == "call:incoming"
    next_token = renewed.json()["subscription"]["renewToken"]
    body = {"token": next_token, "before": after.endpoint, **before.subscription()}
    assert (await pushing.http.post(RENEW, json=body)).status_code == 200


async def test_a_renewal_moves_only_what_the_pass_is_about(pushing: Stage, service: PushService) -> None:
    browser, thief = Browser("sams", service.origin), Browser("thief", service.origin)
    told = await pushing.sam.ask("PUT", "/api/push/subscription", browser.subscription())
    token = told.json()["subscription"]["renewToken"]
    others = await subscribed(pushing, service, "leo", "leos")
    asked = {"token": token, "before": browser.endpoint, **thief.subscription()}
    assert (await pushing.http.post(RENEW, json={**asked, "before": others.endpoint})).status_code == 401
    assert (await pushing.http.post(RENEW, json={**asked, "endpoint": "https://127.0.0.1/x"})).status_code == 422
    await pushing.sam.ask("DELETE", "/api/push/subscription", {"endpoint": browser.endpoint})
    assert (await pushing.http.post(RENEW, json=asked)).status_code == 401, "after signing out there is nothing to move"
    left = await pushing.sql("SELECT endpoint FROM push_subscriptions")
    assert [row["endpoint"] for row in left] == [others.endpoint]
