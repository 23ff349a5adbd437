"""The run's own PostgreSQL, Redis and servers, and the people in it."""

import asyncio
import contextlib
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import asyncpg

from stagedoor.core import embedded_pg, migrate
from stagedoor.core.identity import issue_session
from stagedoor.core.secret_key import local_key
from stagedoor.settings import Settings
from tests.chaos.client import Client
from tests.chaos.journal import Journal
from tests.chaos.processes import Process
from tests.redis_server import RedisServer

RING_SECONDS, GAP_SECONDS = 5, 6
FEE_BASIS_POINTS = 1000
RATES = (90, 600, 6000)  # tokens a minute
FIRST_TOKENS = 40_000
RULES = {
    "FEATURE_CALLS": "true",
    "WALLET_TOP_UP": "true",
    "CALL_RING_SECONDS": str(RING_SECONDS),
    "CALL_CONNECT_SECONDS": "5",
    "CALL_GAP_SECONDS": str(GAP_SECONDS),
    "CALL_GAPS_TOTAL_SECONDS": "12",
    "CALL_COOLDOWN_SECONDS": "0",
    "PLATFORM_FEE_BASIS_POINTS": str(FEE_BASIS_POINTS),
    "RATE_LIMIT_CALLS_PER_IP": "1000000",
    "RATE_LIMIT_CALLS_PER_USER": "1000000",
    "RATE_LIMIT_GENERAL": "10000000",
    "RATE_LIMIT_TIGHT": "10000000",
}


@dataclass
class World:
    data_dir: Path
    dsn: str
    servers: list[Process]
    creators: list[Client]
    fans: list[Client]
    rates: dict[str, int]  # by creator's name
    journal: Journal
    keep: bool = True  # data and logs, to look into; until all is shown to be well

    @property
    def people(self) -> list[Client]:
        return [*self.creators, *self.fans]

    async def all_ready(self) -> None:
        await asyncio.gather(*(asyncio.to_thread(server.wait_until_ready) for server in self.servers))


@contextlib.asynccontextmanager
async def world(journal: Journal, *, servers: int, pairs: int) -> AsyncIterator[World]:
    """Everything started, everybody connected; ended at the end, and removed unless it is to be kept."""
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-chaos-"))
    redis = RedisServer(shutil.which("redis-server") or "redis-server", Path(tempfile.gettempdir()))
    await redis.start()
    rules = RULES | {"REDIS_URL": redis.url}
    processes = [Process(folder, **rules) for _ in range(servers)]
    settings = replace(Settings.from_env({}), data_dir=folder)
    found: World | None = None
    try:
        with await asyncio.to_thread(embedded_pg.start, folder) as lease:
            await migrate.up(lease.dsn)
            key = local_key(settings)
            for process in processes:
                process.start()
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
                reachable = [process.url for process in processes]
                people = await _people(lease.dsn, pairs)

                def client(name: str) -> Client:
                    token = issue_session(key, people[name], 24).token
                    return Client(name, str(people[name]), token, journal, http, reachable)

                creators = [client(f"creator{n}") for n in range(pairs)]
                fans = [client(f"fan{n}") for n in range(pairs)]
                rates = {f"creator{n}": RATES[n % len(RATES)] for n in range(pairs)}
                found = World(folder, lease.dsn, processes, creators, fans, rates, journal)
                await found.all_ready()
                for person in found.people:
                    person.switch_on()
                try:
                    yield found
                finally:
                    await asyncio.gather(*(person.switch_off() for person in found.people))
            await asyncio.gather(*(asyncio.to_thread(process.stop) for process in processes))
    finally:
        for process in processes:
            process.kill()
        redis.kill()
        if found is None or found.keep:
            print(f"Logs and data are kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


async def _people(dsn: str, pairs: int) -> dict[str, uuid.UUID]:
    """Creators with their prices, and fans whom every creator may call, with tokens."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "INSERT INTO users (username, display_name, is_creator, fan_privacy_visibility, fan_allow_calls)"
            " SELECT role || n, initcap(role) || ' ' || n, role = 'creator', 'creators', 'everyone'"
            " FROM generate_series(0, $1 - 1) n, unnest(ARRAY['creator', 'fan']) role",
            pairs,
        )
        await connection.execute(
            "INSERT INTO creator_call_prices (creator_id, voice_tokens_per_minute, video_tokens_per_minute)"
            " SELECT id, r, r FROM (SELECT id, ($1::int[])[substring(username, 8)::int % $2 + 1] r FROM users"
            " WHERE is_creator) c",
            list(RATES),
            len(RATES),
        )
        await connection.execute(
            "SELECT ledger_post('first:' || username, 'credit', NULL, '',"
            " ARRAY[house_account('issuance', 'first:' || username), user_account(id)], ARRAY[-$1::bigint, $1])"
            " FROM users WHERE NOT is_creator",
            FIRST_TOKENS,
        )
        rows = await connection.fetch("SELECT username, id FROM users")
    finally:
        await connection.close()
    return {row["username"]: row["id"] for row in rows}
