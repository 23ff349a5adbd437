"""A roll-out goes phase by phase to everybody, stops by itself at a fault, and never moves without data."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from stagedoor.billing import Wallets
from stagedoor.ops.rollout import By, RolloutError
from tests.conftest import Stage
from tests.ops.command_line import stagedoor
from tests.ops.conftest import SHORTEN, again_and_again, among_the_first, short_call, until

INES = By("ines")
EVERYBODY = [
    ("database", None), ("backend", None), ("frontend", None), ("mini_profiles", None),
    ("calls", 1), ("calls", 10), ("calls", 50), ("calls", 100), ("share_cards", None),
]  # fmt: skip


@pytest.fixture(autouse=True)
def built_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stagedoor.ops.rollout.entry.find_dist", lambda: Path("/"))


async def state_of(stage: Stage) -> str:
    rollout = await stage.house.rollouts.newest()
    assert rollout is not None
    return rollout.state


async def told(stage: Stage, *types: str) -> list[dict[str, Any]]:
    rows = await stage.sql("SELECT type, data FROM events WHERE type = ANY ($1::text[]) ORDER BY id", list(types))
    return [{"type": row["type"], **row["data"]} for row in rows]


async def test_a_whole_roll_out_ends_with_everything_on_for_everybody_and_the_events_tell_it(watched: Stage) -> None:
    lea = await among_the_first(watched)
    verbs = watched.house.rollouts
    await verbs.plan(INES, automatic=True, shorten=SHORTEN)
    assert not await short_call(watched, lea), "nothing is on before its phase"
    async with again_and_again(lambda: short_call(watched, lea)):
        await verbs.start(INES)

        async def done() -> bool:
            return await state_of(watched) == "completed"

        await until(done, 40)
    for key in ("FEATURE_CALLS", "FEATURE_FAN_SHARE_CARD", "FEATURE_FAN_MINI_PROFILE"):
        assert await watched.value("SELECT enabled FROM flag_overrides WHERE key = $1", key), key
    begun = [(event["phase"], event["percentage"]) for event in await told(watched, "rollout.step_started")]
    passed = [(event["phase"], event["percentage"]) for event in await told(watched, "rollout.step_passed")]
    assert begun == passed == EVERYBODY
    shares = [
        (event["enabled"], event["percentage"])
        for event in await told(watched, "flag.set")
        if event["key"] == "FEATURE_CALLS"
    ]
    assert shares == [(False, 0), (True, 1), (True, 10), (True, 50), (True, 100)]
    to_users = [event for event in await told(watched, "rollout.step_started") if "users" in event["message"]]
    assert [(event["phase"], event["percentage"]) for event in to_users] == [
        ("mini_profiles", None), ("calls", 100), ("share_cards", None),
    ]  # fmt: skip
    await watched.audit()


async def test_the_guard_turns_calls_off_by_itself_and_running_calls_settle(
    watched: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = await among_the_first(watched)
    await at_calls(watched, 1)
    call_id = await running_call(watched, lea)
    await watched.sam.get("/api/wallet")

    async def broken(*_args: object) -> None:
        raise RuntimeError("a fault in the new release")

    with monkeypatch.context() as fault:
        fault.setattr(Wallets, "balance", broken)
        failed = 0

        async def stopped() -> bool:
            nonlocal failed
            failed += (await watched.sam.ask("GET", "/api/wallet")).status_code == 500
            return await state_of(watched) == "aborted"

        await until(stopped, 30)
        assert failed >= 5, "it takes five failures, however slow the machine is"
    await asyncio.sleep(0.2)
    assert not await short_call(watched, lea)
    assert (await lea.get("/api/calls/current"))["calls"][0]["id"] == call_id, "a running call goes on"
    await watched.sam.post("/api/calls/end", {"callId": call_id})
    await watched.audit()
    (stop,) = await told(watched, "rollout.aborted")
    assert stop["author"] == "guard" and stop["flags"] == ["FEATURE_CALLS"] and "requests failed" in stop["reason"]
    assert "Calls that were running finish" in stop["message"]["team"] and "paused" in stop["message"]["users"]
    assert [event["author"] for event in await told(watched, "flag.set")][-1] == "guard"

    await watched.house.rollouts.resume(INES)

    async def goes_on() -> bool:
        return await short_call(watched, lea)

    await until(goes_on, 2)  # where it was, as soon as the flag has arrived
    await asyncio.sleep(0.5)
    assert await state_of(watched) == "running", "what failed before does not count again"


async def test_a_violated_ledger_turns_calls_off_in_any_phase(watched: Stage) -> None:
    await watched.house.rollouts.plan(INES)
    await watched.house.rollouts.start(INES)
    await watched.sql("UPDATE ledger_accounts SET posted = posted + 1 WHERE kind = 'issuance' AND slot = 3")

    async def stopped() -> bool:
        return await state_of(watched) == "aborted"

    await until(stopped)
    (stop,) = await told(watched, "rollout.aborted")
    assert stop["flags"] == ["FEATURE_CALLS"] and "ledger" in stop["reason"]


async def test_without_data_nothing_moves(watched: Stage) -> None:
    await at_calls(watched, 1)
    await asyncio.sleep(0.6)
    await watched.mia.get("/api/session")
    await asyncio.sleep(0.3)
    with pytest.raises(RolloutError, match="no call was answered yet"):
        await watched.house.rollouts.next(INES)


async def test_a_step_is_not_left_before_its_watch_is_over(watched: Stage) -> None:
    verbs = watched.house.rollouts
    await verbs.plan(INES)
    await verbs.start(INES)
    with pytest.raises(RolloutError, match="watched for 20 min more"):
        await verbs.next(INES)


async def test_share_cards_wait_for_their_day_of_calm(watched: Stage) -> None:
    lea = await among_the_first(watched)
    await at_calls(watched, 100)
    await short_call(watched, lea)
    await asyncio.sleep(0.5)
    await watched.sql("UPDATE rollout_steps SET wait_seconds = 86400 WHERE phase = 'share_cards'")
    with pytest.raises(RolloutError, match="waits for 24 h more of calm"):
        await watched.house.rollouts.next(INES)
    assert await watched.value("SELECT state FROM rollout_steps WHERE percentage = 100") == "passed"


async def test_nothing_begins_without_a_proven_backup(watched: Stage) -> None:
    await watched.house.rollouts.plan(INES)
    await watched.sql("DROP TRIGGER events_are_append_only ON events")
    await watched.sql("UPDATE events SET type = 'backup.made' WHERE type = 'backup.verified'")
    with pytest.raises(RolloutError, match="No backup was proven"):
        await watched.house.rollouts.start(INES)
    assert await state_of(watched) == "planned"


async def test_a_dry_run_goes_the_same_way_and_flips_nothing(watched: Stage) -> None:
    verbs = watched.house.rollouts
    await verbs.plan(INES, dry_run=True, shorten=SHORTEN)
    await verbs.start(INES)
    await verbs.abort(INES, "seen enough")
    assert await watched.value("SELECT count(*) FROM flag_overrides") == 0
    assert {event["dryRun"] for event in await told(watched, "rollout.step_started", "rollout.aborted")} == {True}


async def test_of_two_operators_one_moves_it(watched: Stage) -> None:
    verbs = watched.house.rollouts
    await verbs.plan(INES)
    outcomes = await asyncio.gather(verbs.start(INES), verbs.start(By("leo")), return_exceptions=True)
    assert sorted(isinstance(outcome, RolloutError) for outcome in outcomes) == [False, True]
    assert len(await told(watched, "rollout.started")) == 1


async def test_one_roll_out_is_open_at_a_time(watched: Stage) -> None:
    verbs = watched.house.rollouts
    first = await verbs.plan(INES)
    second = await verbs.plan(INES)
    assert second.id != first.id
    await verbs.start(INES)
    with pytest.raises(RolloutError, match="is under way"):
        await verbs.plan(INES)


async def test_operators_move_it_over_http_and_others_may_not(watched: Stage) -> None:
    refused = await watched.mia.ask("POST", "/api/ops/rollout/plan", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
    early = await watched.ops.ask("POST", "/api/ops/rollout/start")
    assert (early.status_code, early.json()["code"]) == (409, "ROLLOUT_REFUSED")
    assert early.json()["details"][0]["message"].startswith("Nothing is planned")
    planned = (await watched.ops.post("/api/ops/rollout/plan", {"shorten": SHORTEN}))["rollout"]
    assert [(step["phase"], step["percentage"]) for step in planned["steps"]] == EVERYBODY
    running = (await watched.ops.post("/api/ops/rollout/start"))["rollout"]
    assert (running["state"], running["position"]) == ("running", 1)
    stopped = (await watched.ops.post("/api/ops/rollout/abort", {"reason": "the button"}))["rollout"]
    assert (stopped["state"], stopped["reason"]) == ("aborted", "the button")
    story = (await watched.ops.get("/api/ops/events"))["events"]
    assert story[0]["type"] == "rollout.aborted" and story[0]["data"]["author"] == "ops"


async def test_the_command_line_plans_shows_and_stops(watched: Stage, dsn: str, tmp_path: Path) -> None:
    async def run(*words: str, exit_code: int = 0) -> str:
        result = await stagedoor("rollout", *words, dsn=dsn, data_dir=tmp_path)
        assert result.exit_code == exit_code, result.output
        return result.output

    await run("status", exit_code=1)
    await run("plan", "--watch", "calls=45", "--shorten", "10")
    assert "Calls for 50 %" in await run("start")
    shown = await run("status")
    assert "running" in shown and "Database only" in shown and "watching" in shown
    assert "watched for" in await run("next", exit_code=2)
    await run("abort", "--reason", "enough")
    assert "aborted" in await run("status")


async def at_calls(stage: Stage, percentage: int) -> None:
    """A manual roll-out that stands in its step of calls, its flags as they are then."""
    verbs = stage.house.rollouts
    await verbs.plan(INES, shorten=SHORTEN)
    await verbs.start(INES)
    position = EVERYBODY.index(("calls", percentage))
    await stage.sql("UPDATE rollout_steps SET state = 'passed', passed_at = now() WHERE position <= $1", position)
    await stage.sql("UPDATE rollouts SET position = $1", position)
    await verbs.next(INES)
    await stage.house.flags.load()


async def running_call(stage: Stage, creator: Any) -> str:
    rang = await creator.post("/api/calls/initiate", {"fanId": str(stage.sam.id), "callType": "voice"})
    call_id = str(rang["call"]["id"])
    await stage.sam.post("/api/calls/accept", {"callId": call_id})
    for person in (creator, stage.sam):
        await person.post(f"/api/calls/{call_id}/media", {"state": "connected"})
    return call_id
