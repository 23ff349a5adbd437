"""One cluster for all tests of a file: what a test kills, the next one finds running again."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.conftest import fresh_database
from tests.redis_server import RedisServer
from tests.scale.cluster import Cluster, cluster_on
from tests.scale.handset import Handset


@pytest.fixture(scope="module")
async def three(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "data").mkdir()
    redis = RedisServer(shutil.which("redis-server") or "redis-server", folder)
    await redis.start()
    try:
        async with fresh_database(server) as dsn, cluster_on(dsn, folder, redis) as found:
            yield found
    finally:
        redis.kill()


@pytest.fixture
async def cluster(three: Cluster) -> Cluster:
    """Whole, and nobody in a call."""
    await three.whole()
    left = "SELECT count(*) FROM calls WHERE state IN ('ringing', 'connecting', 'active', 'reconnecting')"
    assert await three.value(left) == 0, "an earlier test left a call"
    return three


@pytest.fixture
async def mia(cluster: Cluster) -> AsyncIterator[Handset]:
    """Mia, whose socket is on process `one` while that lives."""
    async with Handset(cluster.url, cluster.tokens["mia"], await cluster.address_of("one")) as phone:
        yield phone


@pytest.fixture
async def sam(cluster: Cluster) -> AsyncIterator[Handset]:
    """Sam, whose socket is on process `two`."""
    async with Handset(cluster.url, cluster.tokens["sam"], await cluster.address_of("two")) as phone:
        yield phone
