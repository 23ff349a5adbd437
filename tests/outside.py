"""The house seen from outside: every visitor has an address, and every refusal has the one shape."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from stagedoor.app import House, api
from stagedoor.core.edge import Edge
from stagedoor.core.pages import Pages
from tests.declared import declared


class Outside:
    """Visitors of one house, in process, with the addresses that their network would give them."""

    def __init__(self, house: House) -> None:
        self.litestar = api(house)
        self._app = Edge(Pages(self.litestar, None), house.observe)

    def at(self, address: str, **headers: str) -> httpx.AsyncClient:
        """Somebody whose connection comes from `address`."""
        transport = httpx.ASGITransport(self._app, client=(address, 40_000), raise_app_exceptions=False)
        hooks = {"response": [declared]}
        return httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=headers, timeout=30, event_hooks=hooks
        )


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


KEYS = {"ok", "code", "error", "timestamp", "requestId", "type", "title", "status", "detail"}


def assert_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The response is the refusal `code`, in the one shape, whoever refused. Returns the body."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body.keys() - {"retryAfter", "details"} == KEYS
    assert (body["ok"], body["code"], body["status"]) == (False, code, status)
    assert body["requestId"] == response.headers["x-request-id"]
    assert body["error"] == body["detail"] and body["error"].endswith(".")
    assert body["type"] == f"urn:stagedoor:problem:{code.lower().replace('_', '-')}"
    assert body["title"]
    assert body["timestamp"].endswith("Z")
    assert abs(datetime.fromisoformat(body["timestamp"]) - datetime.now(UTC)) < timedelta(seconds=30)
    if "retryAfter" in body:
        assert isinstance(body["retryAfter"], int) and body["retryAfter"] >= 1
    assert response.headers.get("retry-after") == (str(body["retryAfter"]) if "retryAfter" in body else None)
    assert (response.headers.get("www-authenticate") == "Bearer") == (status == 401)
    assert ("allow" in response.headers) == (status == 405)
    return body
