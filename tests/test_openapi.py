"""The API's description is true: of every answer that hundreds of made-up requests get, and of the committed file."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from litestar.routes import HTTPRoute
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from stagedoor.cli.schema import document
from stagedoor.core.http import Rule
from stagedoor.platform import Accounts
from stagedoor.settings import Settings
from tests.conftest import Stage, staged
from tests.outside import Outside, assert_problem

SEED = 132
SECONDS = 25
CHECKS: list[Any] = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document())
    return found


def test_the_committed_description_is_the_codes() -> None:
    committed = Path(__file__).parent.parent / "openapi.json"
    assert committed.read_text() == document(), "run: make gen"


async def test_the_service_tells_its_description_and_shows_it(stage: Stage) -> None:
    answer = await stage.http.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == described()
    assert answer.json()["openapi"].startswith("3.1")
    page = await stage.http.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")


async def test_every_route_declares_what_the_gate_and_the_wire_can_answer(stage: Stage) -> None:
    always = {"429": "RATE_LIMITED", "500": "INTERNAL_ERROR", "503": "SERVICE_UNAVAILABLE", "401": "SESSION_INVALID"}
    paths = described()["paths"]
    for found in Outside(stage.house).litestar.routes:
        if not isinstance(found, HTTPRoute):
            continue
        for method, (handler, _) in found.route_handler_map.items():
            rule = handler.opt.get("rule")
            if not isinstance(rule, Rule):
                continue
            responses = paths[found.path_format][method.lower()]["responses"]
            expected = dict(always)
            if rule.takes_body:
                expected |= {"413": "REQUEST_TOO_LARGE", "415": "UNSUPPORTED_MEDIA_TYPE", "422": "VALIDATION_FAILED"}
            if rule.feature is not None:
                expected["403"] = "FEATURE_DISABLED"
            for status, code in expected.items():
                assert f"`{code}`" in responses[status]["description"], (method, found.path, code)
                schema = responses[status]["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}


def test_every_operation_says_what_it_does_and_who_may_ask() -> None:
    for path, operations in described()["paths"].items():
        for method, operation in operations.items():
            assert operation["description"].endswith("."), (method, path)
            assert operation["tags"]
            assert any(status.startswith("2") or status.startswith("3") for status in operation["responses"])


def made_up(operation: Any, mode: GenerationMode, count: int) -> list[Any]:
    """Cases for one operation, the same in every run."""
    cases: list[Any] = []

    @seed(SEED)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: Any) -> None:
        cases.append(case)

    try:
        collect()
    except Exception as error:  # an operation without input has nothing that could be wrong
        if mode is GenerationMode.POSITIVE:
            raise AssertionError(f"no cases for {operation.label}") from error
    return cases


async def ask(stage: Stage, case: Any, who: str) -> httpx.Response:
    accounts: Accounts = stage.house.services[Accounts]
    case.headers["Authorization"] = f"Bearer {accounts.session_for(stage.people[who].id).token}"
    prepared = requests.Request(**case.as_transport_kwargs(base_url="http://test")).prepare()
    headers: Any = {name: value for name, value in prepared.headers.items() if name.lower() != "content-length"}
    body: Any = prepared.body
    return await stage.http.request(prepared.method or "", prepared.url or "", headers=headers, content=body or b"")


@pytest.fixture
async def house(settings: Settings, dsn: str) -> AsyncIterator[Stage]:
    async with staged(settings, dsn) as found:
        yield found


async def test_made_up_requests_get_only_what_is_declared(house: Stage) -> None:
    """Right and wrong input to every operation, as a creator, a fan and an operator; ids that exist and that do not."""
    call_id = await house.connect()
    await house.mia.post("/api/calls/end", {"callId": call_id})
    known = {"call_id": call_id, "fan_id": str(house.sam.id), "creator_id": str(house.mia.id), "username": "mia"}
    ends_at = time.monotonic() + SECONDS
    asked: dict[str, set[int]] = {}
    schema = schemathesis.openapi.from_dict(described())
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # raises for a description that is not valid
        count = 6 if time.monotonic() < ends_at else 1
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            for n, case in enumerate(made_up(operation, mode, count)):
                if n % 2 == 0 and mode is GenerationMode.POSITIVE:
                    case.path_parameters.update({k: v for k, v in known.items() if k in case.path_parameters})
                answer = await ask(house, case, ("mia", "ops", "sam")[n % 3])
                case.validate_response(answer, checks=CHECKS)
                asked.setdefault(operation.label, set()).add(answer.status_code)
    assert len(asked) == sum(len(operations) for operations in described()["paths"].values())
    succeeded = [label for label, statuses in asked.items() if min(statuses) < 300]
    assert len(succeeded) > len(asked) / 3, "else the answers that matter are not looked at"


async def test_a_path_that_is_not_described_is_not_there(house: Stage) -> None:
    assert_problem(await house.mia.ask("GET", "/api/undescribed"), 404, "NOT_FOUND")
