"""A flag follows its override in every process within a second, and is cautious when nobody can say what it is."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from stagedoor.flags import UnknownFlagError, clear_override, flags, set_override
from stagedoor.settings import FLAG_DEFAULTS, Settings
from tests.cable import cable
from tests.conftest import Stage, staged
from tests.outside import assert_problem

CALLS = "FEATURE_CALLS"


async def until(stage: Stage, key: str, value: bool, within: float) -> float:
    """Seconds until the house says `value`; fails when it does not in time."""
    started = time.monotonic()
    while stage.house.flags.is_on(key) is not value:
        assert time.monotonic() - started < within, f"{key} is not {value} after {within} s"
        await asyncio.sleep(0.01)
    return time.monotonic() - started


async def operator(*arguments: str, dsn: str, folder: Path) -> None:
    """`stagedoor …` in a process of its own."""
    environment = {**os.environ, "DATABASE_URL": dsn, "STAGEDOOR_DATA_DIR": str(folder)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stagedoor", *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out


def test_without_a_word_calls_and_cards_are_off_and_privacy_and_profiles_on() -> None:
    assert (
        Settings.from_env({}).flags
        == FLAG_DEFAULTS
        == {
            "FEATURE_CALLS": False,
            "FEATURE_FAN_SHARE_CARD": False,
            "FEATURE_FAN_PRIVACY": True,
            "FEATURE_FAN_MINI_PROFILE": True,
        }
    )
    said = Settings.from_env({"FEATURE_CALLS": "true", "FEATURE_FAN_PRIVACY": "off"}).flags
    assert (said["FEATURE_CALLS"], said["FEATURE_FAN_PRIVACY"]) == (True, False)


async def test_the_environments_default_counts_where_nobody_overrides(settings: Settings, dsn: str) -> None:
    for value in (True, False):
        async with staged(replace(settings, flags={**settings.flags, CALLS: value}), dsn) as stage:
            assert (await stage.sam.get("/api/session"))["flags"][CALLS] is value


async def test_an_override_from_another_process_reaches_every_house_within_a_second(
    settings: Settings, dsn: str, tmp_path: Path
) -> None:
    async with staged(settings, dsn) as here, staged(settings, dsn) as there:
        ring = {"fanId": str(here.sam.id), "callType": "video"}
        turning_off = asyncio.create_task(operator("flags", "set", CALLS, "off", dsn=dsn, folder=tmp_path))
        await until(here, CALLS, False, within=60)
        set_at = await here.value("SELECT extract(epoch FROM updated_at)::float8 FROM flag_overrides")
        assert time.time() - set_at < 1
        await until(there, CALLS, False, within=1)
        await turning_off
        for stage in (here, there):
            assert (await stage.sam.get("/api/session"))["flags"][CALLS] is False
            assert_problem(await stage.mia.ask("POST", "/api/calls/initiate", ring), 403, "FEATURE_DISABLED")
        cleared_at = time.monotonic()
        await clear_override(here.house.journal, CALLS, reason="", author="ops")
        await until(there, CALLS, True, within=1)
        await until(here, CALLS, True, within=1)
        assert time.monotonic() - cleared_at < 1
        assert (await there.mia.ask("POST", "/api/calls/initiate", ring)).status_code == 201


async def test_a_listener_that_was_cut_off_is_replaced(stage: Stage) -> None:
    listening = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'listen%'"
    assert [row["pid"] for row in await stage.sql(listening)]
    await stage.sql(f"SELECT pg_terminate_backend(pid) FROM ({listening}) AS gone")
    await set_override(stage.house.journal, CALLS, False, reason="", author="ops")
    await until(stage, CALLS, False, within=flags.POLL_SECONDS + 2)
    await clear_override(stage.house.journal, CALLS, reason="", author="ops")
    await until(stage, CALLS, True, within=flags.POLL_SECONDS + 2)
    await asyncio.sleep(flags.POLL_SECONDS + 0.3)
    await set_override(stage.house.journal, CALLS, False, reason="", author="ops")
    await until(stage, CALLS, False, within=1)


async def test_an_unknown_flag_is_an_error_and_never_a_silent_off(stage: Stage) -> None:
    with pytest.raises(UnknownFlagError):
        stage.house.flags.is_on("FEATURE_CALL")
    with pytest.raises(UnknownFlagError):
        await set_override(stage.house.journal, "FEATURE_CALL", True, reason="", author="ops")
    with pytest.raises(UnknownFlagError):
        await clear_override(stage.house.journal, "FEATURE_CALL", reason="", author="ops")
    assert await stage.value("SELECT count(*) FROM flag_overrides") == 0


async def test_a_changed_flag_is_in_the_record_with_who_and_why(stage: Stage) -> None:
    await set_override(stage.house.journal, CALLS, False, reason="too many reports", author="ops")
    (event,) = await stage.sql("SELECT data FROM events WHERE type = 'flag.set'")
    assert (
        event["data"].items() >= {"key": CALLS, "enabled": False, "reason": "too many reports", "author": "ops"}.items()
    )


@pytest.fixture
def short_folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sd-") as folder:
        yield Path(folder)


async def test_what_was_on_only_by_override_is_off_while_nobody_can_confirm_it(
    settings: Settings, dsn: str, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds without the database; then a feature needs its default and its last override to say yes."""
    assert (flags.TRUST_SECONDS, flags.POLL_SECONDS) == (10, 2)
    monkeypatch.setattr(flags, "TRUST_SECONDS", 1.0)
    monkeypatch.setattr(flags, "POLL_SECONDS", 0.2)
    defaults = {CALLS: False, "FEATURE_FAN_SHARE_CARD": True, "FEATURE_FAN_PRIVACY": True}
    async with cable(dsn, short_folder) as line, staged(replace(settings, flags=defaults), line.dsn) as stage:
        await set_override(stage.house.journal, CALLS, True, reason="", author="ops")
        await set_override(stage.house.journal, "FEATURE_FAN_SHARE_CARD", False, reason="", author="ops")
        await until(stage, CALLS, True, within=2)
        await until(stage, "FEATURE_FAN_SHARE_CARD", False, within=2)
        await line.pull()
        assert stage.house.flags.is_on(CALLS), "a short absence changes nothing"
        await until(stage, CALLS, False, within=3)
        assert not stage.house.flags.is_on("FEATURE_FAN_SHARE_CARD"), "what was switched off stays off"
        assert stage.house.flags.is_on("FEATURE_FAN_PRIVACY")
        await line.plug()
        await until(stage, CALLS, True, within=3)
