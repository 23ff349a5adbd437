"""Every refusal has one shape, whoever refuses, and says nothing that was sent or that is inside."""

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from litestar import get
from litestar.exceptions import HTTPException

from stagedoor.core import problems
from stagedoor.core.edge import Edge
from stagedoor.core.http import route
from tests.conftest import Stage
from tests.outside import Outside, assert_problem, bearer

CANARY = "kanarienvogel"
NOWHERE = str(uuid.uuid4())
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
async def visitor(shared_stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """Mia, at an address of her own."""
    async with Outside(shared_stage.house).at("203.0.113.7", **bearer(shared_stage.mia.token)) as found:
        yield found


@pytest.mark.parametrize("path", ["/api/nothing", "/api", "/api/calls/not-a-uuid", "/metrics/deeper", "/socket.io/x"])
async def test_what_is_not_there_is_404(visitor: httpx.AsyncClient, path: str) -> None:
    body = assert_problem(await visitor.get(path), 404, "NOT_FOUND")
    assert "retryAfter" not in body
    assert path not in json.dumps(body)


async def test_a_known_address_and_another_method_is_405_and_names_the_methods(visitor: httpx.AsyncClient) -> None:
    for method, path, allowed in (
        ("DELETE", "/api/calls/initiate", {"POST", "OPTIONS"}),
        ("POST", "/api/wallet", {"GET", "OPTIONS"}),
        ("PATCH", "/health", {"GET", "OPTIONS"}),
        ("TRACE", "/api/session", {"GET", "POST", "DELETE", "OPTIONS"}),
        ("POST", "/", {"GET", "OPTIONS"}),
    ):
        response = await visitor.request(method, path)
        assert_problem(response, 405, "METHOD_NOT_ALLOWED")
        assert set(response.headers["allow"].split(", ")) == allowed, (method, path)


async def test_head_is_answered_as_get_without_the_body(visitor: httpx.AsyncClient) -> None:
    for path, status in (("/health", 200), ("/", 200), ("/api/wallet", 200), ("/api/nothing", 404)):
        get_, head = await visitor.get(path), await visitor.head(path)
        assert (head.status_code, head.content) == (get_.status_code, b"") == (status, b"")
        assert head.headers["content-length"] == get_.headers["content-length"]
        assert head.headers["content-type"] == get_.headers["content-type"]


async def test_options_names_the_methods(visitor: httpx.AsyncClient) -> None:
    response = await visitor.options("/api/calls/initiate")
    assert response.status_code == 204
    assert set(response.headers["allow"].split(", ")) == {"POST", "OPTIONS"}
    assert_problem(await visitor.options("/api/nothing"), 404, "NOT_FOUND")


async def test_a_request_that_is_too_large_is_413_however_it_arrives(visitor: httpx.AsyncClient) -> None:
    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    for content in (b" " * 70 * 1024, in_pieces()):
        assert_problem(await visitor.post("/api/session", content=content, headers=JSON), 413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
async def test_a_body_that_says_it_is_no_json_is_415(visitor: httpx.AsyncClient, kind: str) -> None:
    headers = {"Content-Type": kind}
    response = await visitor.post("/api/calls/initiate", content=b'{"fanId":1}', headers=headers)
    assert_problem(response, 415, "UNSUPPORTED_MEDIA_TYPE")


UNREADABLE = {
    "no body": b"",
    "half an object": b'{"fanId": "',
    "not utf-8": b'{"fanId": "\xff\xfe"}',
    "half a surrogate": b'{"fanId": "\\ud800"}',
    "nested without end": b"[" * 30_000,
    "null": b"null",
    "a list": b"[1, 2]",
    "a string": b'"video"',
    "an empty object": b"{}",
    "another type": json.dumps({"fanId": 17, "callType": "video"}).encode(),
    "no uuid": json.dumps({"fanId": CANARY, "callType": "video"}).encode(),
    "no call type": json.dumps({"fanId": NOWHERE, "callType": CANARY}).encode(),
    "an unknown field": json.dumps({"fanId": NOWHERE, "callType": "video", "extra": CANARY}).encode(),
    "an object for a string": json.dumps({"fanId": {"of": CANARY}, "callType": "video"}).encode(),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_a_body_that_cannot_be_used_is_422_and_is_not_repeated(visitor: httpx.AsyncClient, body: bytes) -> None:
    for headers in (JSON, {}):
        response = await visitor.post("/api/calls/initiate", content=body, headers=headers)
        assert_problem(response, 422, "VALIDATION_FAILED")
        assert CANARY not in response.text


async def test_validation_names_the_field(visitor: httpx.AsyncClient) -> None:
    async def details(path: str, body: Any) -> list[dict[str, str]]:
        found: list[dict[str, str]] = assert_problem(await visitor.post(path, json=body), 422, "VALIDATION_FAILED")[
            "details"
        ]
        return found

    (one,) = await details("/api/calls/initiate", {"fanId": NOWHERE, "callType": "song"})
    assert one["field"] == "callType" and one["message"]
    (one,) = await details("/api/wallet/top-up", {"tokens": "5"})
    assert one == {"field": "tokens", "message": "Expected `int`, got `str`"}
    (one,) = await details("/api/accounts", {"username": "newcomer", "password": "short", "displayName": "N"})
    assert one["field"] == "password" and "10" in one["message"]
    (one,) = assert_problem(await visitor.get("/api/calls/history?limit=many"), 422, "VALIDATION_FAILED")["details"]
    assert one["field"] == "limit"
    assert "many" not in json.dumps(one)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/calls/history?cursor=%C3%A9", None),
        ("/api/calls/history?cursor=MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OXwx", None),  # a time before all time
        ("/api/wallet/entries?cursor=MjAyMC0wMS0wMVQwMDowMDowMFp8wrI", None),  # a digit that is no number
        ("/api/wallet/entries?cursor=MjAyMC0wMS0wMVQwMDowMDowMFp8OTk5OTk5OTk5OTk5OTk5OTk5OTk5", None),
        ("/api/creators/m%00a", None),
        ("/api/demo/events?after=99999999999999999999", None),
        ("/api/session", {"username": "m\0a", "password": "x"}),
        ("/api/accounts", {"username": "newcomer", "password": "0123456789", "displayName": "N\0"}),
        ("/api/wallet/top-up", {"tokens": 2**70}),
        ("/api/wallet/top-up", {"tokens": True}),
        ("/api/wallet/top-up", {"tokens": "5"}),
    ],
)
async def test_input_that_no_parser_or_column_takes_is_the_clients_fault(
    visitor: httpx.AsyncClient, path: str, body: Any
) -> None:
    response = await (visitor.get(path) if body is None else visitor.post(path, json=body))
    assert_problem(response, 422, "VALIDATION_FAILED")


async def test_who_is_not_signed_in_is_401(stage: Stage) -> None:
    async with Outside(stage.house).at("203.0.113.8") as visitor:
        assert_problem(await visitor.get("/api/wallet"), 401, "NOT_AUTHENTICATED")
        assert_problem(await visitor.get("/api/session", headers=bearer("no.such.token")), 401, "SESSION_INVALID")
        basic = {"Authorization": "Basic bWlhOm1pYQ=="}
        assert_problem(await visitor.get("/api/session", headers=basic), 401, "NOT_AUTHENTICATED")
        wrong = {"username": "mia", "password": "not her password"}
        assert_problem(await visitor.post("/api/session", json=wrong), 401, "WRONG_CREDENTIALS")


async def test_the_rooms_refusals_have_the_same_shape(stage: Stage) -> None:
    fan = {"fanId": str(stage.sam.id), "callType": "voice"}
    assert_problem(await stage.sam.ask("POST", "/api/calls/initiate", fan), 403, "CREATOR_ONLY")
    unknown = await stage.mia.ask("POST", "/api/calls/initiate", fan | {"fanId": NOWHERE})
    assert_problem(unknown, 404, "FAN_UNAVAILABLE")
    assert_problem(await stage.mia.ask("GET", f"/api/calls/{NOWHERE}"), 404, "CALL_NOT_FOUND")
    call_id = await stage.ring("voice")
    leo = fan | {"fanId": str(stage.leo.id)}
    assert_problem(await stage.mia.ask("POST", "/api/calls/initiate", leo), 409, "CREATOR_BUSY")
    await stage.mia.post("/api/calls/cancel", {"callId": call_id})
    gone = await stage.sam.ask("POST", "/api/calls/accept", {"callId": call_id})
    assert_problem(gone, 410, "CALL_CANCELLED")
    again = assert_problem(await stage.mia.ask("POST", "/api/calls/initiate", fan), 429, "CALL_COOLDOWN")
    assert 1 <= again["retryAfter"] <= 60


async def test_every_refusal_has_a_sentence_and_one_status_for_its_code() -> None:
    def below(kind: type[problems.Refusal]) -> list[type[problems.Refusal]]:
        return [found for sub in kind.__subclasses__() for found in (sub, *below(sub))]

    kinds = below(problems.Refusal)
    statuses = {kind.code: kind.status for kind in kinds}
    for kind in kinds:
        assert statuses[kind.code] == kind.status, f"{kind.code} has two statuses"
        assert kind.code == kind.code.upper() and " " not in kind.code
        assert kind.sentence[0].isupper() and kind.sentence.endswith("."), kind
        assert 400 <= kind.status < 600


INSIDE = "swordfish at line 17"


@get("/api/broken")
async def broken() -> None:
    raise RuntimeError(INSIDE)


@get("/api/broken/row")
async def broken_row() -> None:
    raise asyncpg.UniqueViolationError(INSIDE)


@get("/api/broken/teapot")
async def teapot() -> None:
    raise HTTPException(status_code=418, detail=INSIDE)


@route("GET /api/broken/inside", access="anyone")
async def broken_inside() -> dict[str, str]:
    """Fails below the gate."""
    raise KeyError("missing")


async def test_a_fault_of_ours_is_a_500_that_shows_nothing_of_it(stage: Stage) -> None:
    outside = Outside(stage.house)
    for handler in (broken, broken_row, teapot, broken_inside):
        outside.litestar.register(handler)
    async with outside.at("203.0.113.9") as visitor:
        for path in ("/api/broken", "/api/broken/row", "/api/broken/teapot", "/api/broken/inside"):
            response = await visitor.get(path)
            assert_problem(response, 500, "INTERNAL_ERROR")
            for word in (INSIDE, "Error", "Traceback", "missing", ".py"):
                assert word not in response.json()["error"] + json.dumps(response.json().get("details"))
                assert INSIDE not in response.text


async def test_an_error_of_a_layer_below_the_api_gets_the_shape_at_the_edge() -> None:
    async def layer(scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/raises":
            raise RuntimeError(INSIDE)
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"away"})

    seen: list[tuple[Any, ...]] = []
    transport = httpx.ASGITransport(Edge(layer, lambda *about: seen.append(about)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert_problem(await client.get("/raises"), 500, "INTERNAL_ERROR")
        assert_problem(await client.get("/away"), 404, "NOT_FOUND")
    assert [(method, status) for method, _, status, _, _ in seen] == [("GET", 500), ("GET", 404)]


async def test_a_safe_request_id_is_kept_and_any_other_is_replaced(visitor: httpx.AsyncClient) -> None:
    for kept in ("abcdefgh", "Trace-1.2_3", "f" * 64):
        response = await visitor.get("/api/nothing", headers={"X-Request-Id": kept})
        assert response.headers["x-request-id"] == kept == response.json()["requestId"]
    for replaced in ("short", "f" * 65, "has space in it", "<script>alert</script>", "semi;colon;semi", "tab\tbed-in"):
        response = await visitor.get("/health", headers={"X-Request-Id": replaced})
        assert response.headers.get_list("x-request-id")[0] not in (replaced, "")
        assert len(response.headers["x-request-id"]) == 32
    ids = {(await visitor.get("/health")).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5


async def test_the_request_id_reaches_the_event_that_it_caused(stage: Stage) -> None:
    body = {"fanId": str(stage.sam.id), "callType": "video"}
    await stage.mia.ask("POST", "/api/calls/initiate", body, X_Request_Id="ring-0001")
    assert await stage.value("SELECT request_id FROM events WHERE type = 'call.ringing'") == "ring-0001"
