"""A house whose calls go through Agora, beside a stand-in for Agora's cloud; one for all tests of a file."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from stagedoor.settings import FLAG_DEFAULTS, Identity, Media, Settings
from tests.agora_server import CUSTOMER, AgoraCloud, agora_cloud
from tests.agora_tokens import APP_ID, CERTIFICATE
from tests.conftest import GENEROUS, Stage, fresh_database, staged

WEBHOOK_SECRET = "the secret of the console"


@pytest.fixture(scope="module")
async def clouds() -> AsyncIterator[AgoraCloud]:
    async with agora_cloud() as found:
        yield found


@pytest.fixture
def cloud(clouds: AgoraCloud) -> AgoraCloud:
    """The cloud, as if nobody had asked it anything yet."""
    for asked in (clouds.rules, clouds.asked, clouds.answers, clouds.joins, clouds.refused):
        asked.clear()
    clouds.on_ask = None
    return clouds


@pytest.fixture(scope="module")
def agora_settings(tmp_path_factory: pytest.TempPathFactory, clouds: AgoraCloud) -> Settings:
    media = Media(
        provider="agora",
        agora_app_id=APP_ID,
        agora_app_certificate=CERTIFICATE,
        agora_customer_key=CUSTOMER[0],
        agora_customer_secret=CUSTOMER[1],
        agora_webhook_secret=WEBHOOK_SECRET,
        agora_rest_url=clouds.url,
    )
    return Settings(
        data_dir=tmp_path_factory.mktemp("agora"),
        flags=dict.fromkeys(FLAG_DEFAULTS, True),
        limits=GENEROUS,
        identity=Identity(secret_key="a key that only the tests know, long enough"),
        pool_size=20,
        media=media,
    )


@pytest.fixture(scope="module")
async def dsn(server: str) -> AsyncIterator[str]:
    async with fresh_database(server) as found:
        yield found


@pytest.fixture(scope="module")
async def house(agora_settings: Settings, dsn: str) -> AsyncIterator[Stage]:
    async with staged(agora_settings, dsn) as found:
        yield found


@pytest.fixture
async def stage(house: Stage) -> AsyncIterator[Stage]:
    """The house, without a call in it."""
    yield house
    for call in (await house.mia.get("/api/calls/current"))["calls"]:
        await house.mia.post("/api/calls/end", {"callId": call["id"]})


def elsewhere(settings: Settings, **media: object) -> Settings:
    """The same house with other settings of media."""
    return replace(settings, media=replace(settings.media, **media))  # type: ignore[arg-type]
