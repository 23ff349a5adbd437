"""A stage after a call: time stands still, Sam has paid Mia, and the operator looks on."""

from dataclasses import replace
from typing import Any

import pytest

from stagedoor.settings import Settings
from tests.laws.stopped_clock import Theatre, theatre

__all__ = ["paid_call", "settings_with_fee", "spend", "theatre", "wallet"]


@pytest.fixture
def settings_with_fee(settings: Settings) -> Settings:
    """The platform takes a quarter."""
    return replace(settings, calls=replace(settings.calls, fee_basis_points=2500))


async def paid_call(theatre: Theatre, seconds: int = 60) -> str:
    """A video call of `seconds`, at 12 tokens a minute."""
    call_id = await theatre.connect()
    await theatre.stay(call_id, seconds)
    await theatre.sam.post("/api/calls/end", {"callId": call_id})
    return call_id


async def wallet(theatre: Theatre, who: str) -> Any:
    return (await theatre.people[who].get("/api/wallet"))["wallet"]


async def spend(theatre: Theatre, *, but: int) -> None:
    """Mia gives everything away, but for so many tokens."""
    tokens = (await wallet(theatre, "mia"))["balance"] - but
    response = await theatre.mia.ask("POST", "/api/creators/noor/tip", {"tokens": tokens})
    assert response.status_code == 201, response.text
