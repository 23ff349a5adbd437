"""Behind pgbouncer in transaction mode, with DATABASE_DIRECT_URL: everything works, though all share few sessions."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import pytest

from stagedoor.flags import set_override
from stagedoor.settings import Settings, SettingsError
from tests.cli.command import Desk, says
from tests.conftest import Stage
from tests.live import Live, serving
from tests.ops.plain_postgres import plain_postgres
from tests.pgbouncer_server import SESSIONS, pgbouncer
from tests.scale.handset import eventually


@dataclass
class Addresses:
    pooler: str
    direct: str
    folder: Path

    def settings(self, settings: Settings) -> Settings:
        return replace(settings, database_url=self.pooler, database_direct_url=self.direct, pool_size=12)


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """A server, the pooler, and the schema as `stagedoor migrate up` made it with both addresses set."""
    folder = tmp_path_factory.mktemp("pooler")
    with plain_postgres(folder / "pg") as direct, pgbouncer(folder, direct) as pooler:
        desk = Desk(folder, pooler)
        assert "applied." in says(desk.types("migrate", "up", DATABASE_DIRECT_URL=direct))
        yield Addresses(pooler, direct, folder)


@pytest.fixture
async def behind(addresses: Addresses, settings: Settings) -> AsyncIterator[Live]:
    async with serving(addresses.settings(settings), addresses.direct) as found:
        yield found


async def test_a_whole_call_is_placed_while_many_share_few_sessions(behind: Live, addresses: Addresses) -> None:
    async def others() -> None:
        await asyncio.gather(*(ask() for _ in range(6) for ask in (_wallet, _tip, _profile)))

    async def _wallet() -> None:
        await behind.sam.get("/api/wallet")

    async def _tip() -> None:
        await behind.ines.post("/api/creators/mia/tip", {"tokens": 1})

    async def _profile() -> None:
        await behind.mia.get(f"/api/fans/{behind.sam.id}/mini-profile")

    async with behind.phone("sam") as sam, behind.phone("mia") as mia:
        load = asyncio.create_task(others())
        call_id = await behind.connect()
        await sam.hears("call:incoming")
        await mia.hears("call:accepted")
        await sam.hears("call:connected")
        await load
        await asyncio.sleep(1.1)
        await behind.sam.post("/api/calls/end", {"callId": call_id})
        assert (await mia.hears("call:ended"))["callId"] == call_id
    receipt = (await behind.sam.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    assert receipt["tokensCharged"] >= 1
    await behind.audit()
    assert await _sessions(addresses) <= SESSIONS + 4, "the rest went through the pooler"


async def _sessions(addresses: Addresses) -> int:
    """The server's sessions: the pooler's, and past it the flags', guard's, reconciler's and relay's."""
    connection = await asyncpg.connect(addresses.direct)
    try:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return found
    finally:
        await connection.close()


async def test_a_flag_is_switched_for_everybody(behind: Live) -> None:
    call = {"fanId": str(behind.sam.id), "callType": "voice"}
    for enabled, status in ((False, 403), (True, 201)):
        await set_override(behind.house.journal, "FEATURE_CALLS", enabled, reason="test", author="test")
        await _answers(behind, call, status)
    await behind.mia.post("/api/calls/cancel", {"callId": (await _current(behind))})


async def _answers(behind: Stage, call: dict[str, str], status: int) -> None:
    async def answers() -> bool:
        await behind.sql("DELETE FROM call_cooldowns")
        reply = await behind.mia.ask("POST", "/api/calls/initiate", call)
        if reply.status_code == 201 and status != 201:  # it rang before the flag was heard of
            await behind.mia.post("/api/calls/cancel", {"callId": reply.json()["call"]["id"]})
        return bool(reply.status_code == status)

    await eventually(answers, within=10)


async def _current(behind: Stage) -> str:
    return str((await behind.mia.get("/api/calls/current"))["calls"][0]["id"])


async def test_what_a_dead_process_left_is_told_by_one_relay_at_a_time(behind: Live) -> None:
    """The relay's lock is of a session, which the pooler would hand to others."""
    async with behind.phone("sam") as sam:
        await behind.sql(
            "INSERT INTO events (type, fan_id, deliveries, created_at) SELECT 'test', $1::uuid, jsonb_build_array("
            " jsonb_build_object('channel', 'fan:' || $1::text, 'name', 'call:test', 'data', '{}'::jsonb)),"
            " clock_timestamp() - interval '2 seconds' FROM generate_series(1, 3)",
            behind.sam.id,
        )
        await sam.hears("call:test", within=10, times=3)
        await asyncio.gather(*(behind.house.relay.republish() for _ in range(5)))
    assert len(sam.of("call:test")) == 3


def test_the_pooler_is_past_by_commands_and_half_a_setting_is_refused(addresses: Addresses) -> None:
    desk = Desk(addresses.folder, addresses.pooler)
    assert "Nothing to do" in says(desk.types("migrate", "up", DATABASE_DIRECT_URL=addresses.direct))
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        Settings.from_env({"DATABASE_DIRECT_URL": addresses.direct})
