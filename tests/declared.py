"""Whatever refusal a test provokes must be declared for its route in the API's description, code and all."""

import functools
import json
import re
from typing import Any

import httpx

from stagedoor.cli.schema import document


@functools.cache
def _routes() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Paths as patterns, with literal ones before those with parameters, as the router prefers them."""
    paths = sorted(json.loads(document())["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), operations) for path, operations in paths]


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """What the description says of the request; None when it knows no such route."""
    for pattern, operations in _routes():
        if pattern.fullmatch(path) and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    return None


async def declared(response: httpx.Response) -> None:
    """A hook for the tests' clients."""
    operation = operation_of(response.request.method, response.request.url.path)
    if operation is None or response.status_code < 400:
        return
    await response.aread()
    code = response.json()["code"]
    about = operation["responses"].get(str(response.status_code), {}).get("description", "")
    asked = f"{response.request.method} {response.request.url.path}"
    assert f"`{code}`" in about, f"{asked} answered {response.status_code} {code}, which is not declared for it"
