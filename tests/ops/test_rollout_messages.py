"""What a roll-out says arrives: at the team's webhook, in order and until it is taken; at the people, no longer than it
is true."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web

from stagedoor.ops.rollout import By, team
from stagedoor.settings import Settings, SettingsError
from tests.conftest import Stage, staged
from tests.ops.conftest import QUICK, SHORTEN, until

INES = By("ines")
SECRET = "T0canary/B0canary/webhookcanary"
IDLE_IN_TRANSACTION = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE relation = 'team_messages'::regclass AND datname = current_database() AND state = 'idle in transaction'
"""


@dataclass
class Channel:
    """A stand-in for the team's chat: what was posted, and with which status it answered."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    posted: list[tuple[int, str]] = field(default_factory=list)
    idle_in_transaction: list[int] = field(default_factory=list)
    stage: Stage | None = None

    async def take(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/json"
        status = self.answers.pop(0) if self.answers else 200
        if self.stage is not None:
            self.idle_in_transaction.append(await self.stage.value(IDLE_IN_TRANSACTION))
        self.posted.append((status, json.loads(await request.read())["text"]))
        return web.Response(status=status)

    @property
    def taken(self) -> list[str]:
        return [text for status, text in self.posted if status == 200]


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    found = Channel()
    app = web.Application()
    app.router.add_post(f"/{SECRET}", found.take)
    runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/{SECRET}"
    try:
        yield found
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def telling(settings: Settings, dsn: str, url: str) -> AsyncIterator[Stage]:
    operations = replace(QUICK, guard_seconds=60, team_webhook_url=url)
    async with staged(replace(settings, flags={}, operations=operations), dsn) as stage:
        await stage.sql("INSERT INTO events (type) VALUES ('backup.verified')")
        yield stage


async def announced(stage: Stage) -> str | None:
    found = (await stage.sam.get("/api/announcement"))["announcement"]
    return None if found is None else str(found["kind"])


async def at_phase(stage: Stage, phase: str, percentage: int | None = None) -> None:
    """Begin that step of the roll-out under way, whatever came before."""
    await stage.sql(
        "UPDATE rollouts SET position = (SELECT position - 1 FROM rollout_steps s WHERE s.rollout_id = rollouts.id"
        " AND phase = $1 AND percentage IS NOT DISTINCT FROM $2::integer)"
        " WHERE state = 'running'",
        phase,
        percentage,
    )
    await stage.sql("UPDATE rollout_steps SET state = 'passed', passed_at = now() - interval '2 days'")
    await stage.house.rollouts.next(INES)


async def test_the_team_hears_every_step_in_order_and_each_once(
    settings: Settings, dsn: str, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team, "PAUSE_SECONDS_MAX", 0.05)
    channel.answers = [500, 429, 503, 200, 502]
    async with telling(settings, dsn, channel.url) as stage:
        channel.stage = stage
        await stage.house.rollouts.plan(INES, shorten=SHORTEN)
        await stage.house.rollouts.start(INES)
        await stage.house.rollouts.abort(INES, "seen enough")

        async def all_told() -> bool:
            return len(channel.taken) == 3

        await until(all_told)
        assert [text.split(" has ")[0].split(":")[0][:20] for text in channel.taken] == [
            "Roll-out 1", "Roll-out 1", "Roll-out 1 was stopp",
        ]  # fmt: skip
        assert "Database only begins" in channel.taken[1] and "seen enough" in channel.taken[2]
        texts = await stage.sql(
            "SELECT data -> 'message' ->> 'team' AS text FROM events WHERE type LIKE 'rollout%' ORDER BY id"
        )
        assert channel.taken == [row["text"] for row in texts if row["text"]]
        assert set(channel.idle_in_transaction) == {0}, "nothing is held while others are asked"
        await asyncio.sleep(0.2)
        assert len(channel.taken) == 3


async def test_what_one_process_leaves_unsent_another_sends(settings: Settings, dsn: str, channel: Channel) -> None:
    channel.answers = [503] * 1000
    async with telling(settings, dsn, channel.url) as stage:
        await stage.house.rollouts.plan(INES, dry_run=True)
        await stage.house.rollouts.start(INES)

        async def tried() -> bool:
            return bool(channel.posted)

        await until(tried)
        assert await announced(stage) is None
    channel.answers.clear()
    async with telling(settings, dsn, channel.url) as stage:
        await stage.sql("UPDATE team_messages SET due_at = now()")  # the loan of the process that is gone

        async def told() -> bool:
            return len(channel.taken) == 2

        await until(told)
    assert all(text.startswith("(dry run) Roll-out") for text in channel.taken)


async def test_a_webhook_that_is_refused_for_good_holds_up_nothing_and_its_address_is_in_no_log(
    settings: Settings, dsn: str, channel: Channel, log: Path
) -> None:
    channel.answers = [404, 410]
    async with telling(settings, dsn, channel.url) as stage:
        await stage.house.rollouts.plan(INES)
        await stage.house.rollouts.start(INES)
        done = "SELECT count(*) FROM team_messages WHERE outcome LIKE 'refused with 4__'"

        async def given_up() -> bool:
            return bool(await stage.value(done) == 2)

        await until(given_up)
    said = await asyncio.to_thread(log.read_text)
    assert "refuses" in said and "canary" not in said
    with pytest.raises(SettingsError) as wrong:
        Settings.from_env({"ROLLOUT_TEAM_WEBHOOK_URL": f"hooks.example.org/{SECRET}"})
    assert "ROLLOUT_TEAM_WEBHOOK_URL" in str(wrong.value) and "canary" not in str(wrong.value)


async def test_people_are_told_what_is_new_when_it_is_there_for_everybody_and_what_is_paused(
    settings: Settings, dsn: str
) -> None:
    operations = replace(QUICK, guard_seconds=60)
    async with staged(replace(settings, flags={}, operations=operations), dsn) as stage:
        await stage.sql("INSERT INTO events (type) VALUES ('backup.verified')")
        verbs = stage.house.rollouts
        assert (await stage.http.get("/api/announcement")).status_code == 401
        await verbs.plan(INES, shorten=SHORTEN)
        await verbs.start(INES)
        assert await announced(stage) is None
        await at_phase(stage, "mini_profiles")
        assert await announced(stage) == "mini_profiles"
        await at_phase(stage, "calls", 10)
        assert await announced(stage) == "mini_profiles", "a tenth is not everybody"
        await at_phase(stage, "calls", 100)
        assert await announced(stage) == "calls"
        await verbs.abort(INES, "a fault")
        said = (await stage.sam.get("/api/announcement"))["announcement"]
        assert said["kind"] == "paused" and "charged only for the time" in said["text"]
        await verbs.resume(INES)
        assert await announced(stage) == "calls", "it goes on, for everybody"
        await stage.sql("DROP TRIGGER events_are_append_only ON events")
        await stage.sql("UPDATE events SET created_at = created_at - interval '8 days'")
        assert await announced(stage) is None
