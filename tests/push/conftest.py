"""A house that pushes to a push service of its own."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from stagedoor.settings import Push, Settings
from tests.conftest import Stage, staged
from tests.push.service import Browser, PushService, push_service


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as found:
        yield found


@pytest.fixture
async def pushing(settings: Settings, dsn: str, service: PushService) -> AsyncIterator[Stage]:
    """The stage, with the push service allowed."""
    push = Push(hosts=(service.origin,), contact="mailto:ops@stage.example")
    async with staged(replace(settings, push=push), dsn) as found:
        yield found


async def subscribed(stage: Stage, service: PushService, who: str, name: str) -> Browser:
    browser = Browser(name, service.origin)
    response = await stage.people[who].ask("PUT", "/api/push/subscription", browser.subscription())
    assert response.status_code == 200, response.text
    return browser
