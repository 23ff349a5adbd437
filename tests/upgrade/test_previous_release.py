"""The previous release runs on the schema of this one, alone and beside it: rolling back a release loses nothing.

Its database is made and filled by the previous release and then migrated by this one, as an upgrade does it.
"""

import asyncio
import contextlib
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

import stagedoor
from stagedoor.core import migrate
from tests.cli.command import SOURCE, Desk, says
from tests.conftest import named
from tests.flags.test_four_processes import free_port
from tests.upgrade.previous import NoHistoryError, unpack

HERE = Path(SOURCE)


@dataclass(frozen=True)
class Previous:
    version: str
    source: Path


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Previous:
    try:
        return Previous(*unpack(tmp_path_factory.mktemp("previous")))
    except NoHistoryError as missing:
        pytest.fail(str(missing), pytrace=False)


@dataclass(frozen=True)
class Upgraded:
    """A database of the previous release that this one has migrated."""

    dsn: str
    data: Path
    previous: Previous

    def desk(self, source: Path) -> Desk:
        return Desk(self.data, self.dsn, str(source))


@pytest.fixture(scope="module")
def upgraded(server: str, previous: Previous, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    name = f"upgraded_{uuid.uuid4().hex[:12]}"
    here = Upgraded(named(server, name), tmp_path_factory.mktemp("upgraded") / "data", previous)
    asyncio.run(_admin(server, f"CREATE DATABASE {name}"))
    try:
        before = here.desk(previous.source)
        says(before.types("migrate", "up"))
        says(before.types("seed"))
        asyncio.run(migrate.up(here.dsn))
        yield here
    finally:
        asyncio.run(_admin(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


async def _admin(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@dataclass(frozen=True)
class Caller:
    http: httpx.AsyncClient
    id: str

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.http.request(method, path, json=body)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


@dataclass(frozen=True)
class House:
    """One server process of one release, and Mia and Sam at its door."""

    mia: Caller
    sam: Caller


@contextlib.asynccontextmanager
async def serving(upgraded: Upgraded, source: Path, tmp_path: Path) -> AsyncIterator[House]:
    port = free_port()
    settings = {
        "FEATURE_CALLS": "true",
        "FEATURE_FAN_SHARE_CARD": "true",
        "STAGEDOOR_DEMO": "true",
        "STAGEDOOR_SECRET_KEY": "a key that only the tests know, long enough",
        "CALL_COOLDOWN_SECONDS": "0",
        "RATE_LIMIT_CALLS_PER_IP": "1000",
        "DATABASE_POOL_SIZE": "4",
    }
    log = tmp_path / f"{port}.log"
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "stagedoor", "serve", "--port", str(port)),
            env=upgraded.desk(source).environment(**settings),
            cwd=tmp_path,
            stdout=said,
            stderr=said,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            async with asyncio.timeout(90):
                while True:
                    assert process.returncode is None, log.read_text()
                    with contextlib.suppress(httpx.TransportError):
                        if (await http.get("/ready")).status_code == 200:
                            break
                    await asyncio.sleep(0.05)
            async with contextlib.AsyncExitStack() as stack:
                yield House(*[await _caller(stack, url, http, name) for name in ("mia", "sam")])
        assert '"level":"error"' not in log.read_text(), log.read_text()
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 30)


async def _caller(stack: contextlib.AsyncExitStack, url: str, http: httpx.AsyncClient, name: str) -> Caller:
    signed_in = (await http.post("/api/demo/sessions", json={"username": name})).json()
    headers = {"Authorization": f"Bearer {signed_in['session']['token']}"}
    own = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30, headers=headers))
    return Caller(own, signed_in["user"]["id"])


async def paid_call(mia: Caller, sam: Caller) -> dict[str, Any]:
    """Mia rings by her server, Sam answers by his; more than a second of media, and both receipts. Returns Sam's."""
    before = (await sam.ask("GET", "/api/wallet"))["wallet"]["balance"]
    rang = await mia.ask("POST", "/api/calls/initiate", {"fanId": sam.id, "callType": "video"}, 201)
    call_id = rang["call"]["id"]
    ringing = await sam.ask("GET", "/api/calls/current")
    assert [call["id"] for call in ringing["calls"]] == [call_id]
    await sam.ask("POST", "/api/calls/accept", {"callId": call_id})
    for person in (mia, sam):
        await person.ask("POST", f"/api/calls/{call_id}/join", {"deviceId": "a-phone-of-hers"})
        await person.ask("POST", f"/api/calls/{call_id}/media", {"state": "connected"})
    await asyncio.sleep(1.1)  # what is paid for is time
    await mia.ask("POST", "/api/calls/end", {"callId": call_id})
    receipts = [(await person.ask("GET", f"/api/calls/{call_id}/receipt"))["receipt"] for person in (mia, sam)]
    assert receipts[0]["tokensCharged"] == receipts[1]["tokensCharged"] >= 1
    assert receipts[1]["billableSeconds"] >= 1
    after = (await sam.ask("GET", "/api/wallet"))["wallet"]
    assert (after["balance"], after["held"]) == (before - receipts[1]["tokensCharged"], 0)
    return dict(receipts[1])


@pytest.fixture(scope="module")
async def old(upgraded: Upgraded, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The previous release, serving."""
    async with serving(upgraded, upgraded.previous.source, tmp_path_factory.mktemp("old")) as house:
        yield house


@pytest.mark.timeout(240)
async def test_the_previous_release_runs_on_the_new_schema(old: House, upgraded: Upgraded) -> None:
    mia, sam = old.mia, old.sam
    running = (await mia.ask("GET", "/openapi.json"))["info"]["version"]
    assert running == upgraded.previous.version != stagedoor.__version__
    await paid_call(mia, sam)
    await mia.ask("GET", f"/api/fans/{sam.id}/mini-profile")
    await sam.ask("PATCH", "/api/fans/me", {"visibility": "hidden"})
    await mia.ask("GET", f"/api/fans/{sam.id}/mini-profile", status=404)
    await mia.ask("POST", "/api/calls/initiate", {"fanId": sam.id, "callType": "voice"}, 404)
    await sam.ask("PATCH", "/api/fans/me", {"visibility": "private"})
    await mia.ask("GET", f"/api/fans/{sam.id}/mini-profile")
    card = (await sam.ask("POST", "/api/fans/share/enable"))["card"]
    await mia.ask("GET", f"/api/fans/share/{card['token']}")
    await sam.ask("POST", "/api/fans/share/disable")
    await mia.ask("GET", f"/api/fans/share/{card['token']}", status=404)
    says(upgraded.desk(upgraded.previous.source).types("audit"))


@pytest.mark.timeout(240)
async def test_both_releases_serve_one_database_side_by_side(old: House, upgraded: Upgraded, tmp_path: Path) -> None:
    async with serving(upgraded, HERE, tmp_path) as new:
        assert (await new.mia.ask("GET", "/openapi.json"))["info"]["version"] == stagedoor.__version__
        await paid_call(old.mia, new.sam)
        await paid_call(new.mia, old.sam)
        for one, other in ((old.mia, new.mia), (old.sam, new.sam)):
            assert (await one.ask("GET", "/api/wallet"))["wallet"] == (await other.ask("GET", "/api/wallet"))["wallet"]
    says(upgraded.desk(HERE).types("audit"))


def test_a_checkout_without_its_history_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoHistoryError, match="git clone"):
        unpack(tmp_path / "out", tmp_path)
    for words in (
        ["init", "-q"],
        ["add", "pyproject.toml"],
        ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "one release alone"],
    ):
        (tmp_path / "pyproject.toml").write_text('version = "9.9.9"\n')
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    with pytest.raises(NoHistoryError, match="git fetch --unshallow"):
        unpack(tmp_path / "out", tmp_path, today="9.9.9")
