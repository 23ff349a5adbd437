"""While the database is away a risky feature falls to off; when it is back, flags and counts go on by themselves."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from stagedoor.flags import set_override
from stagedoor.settings import Settings
from tests.cable import cable
from tests.conftest import staged
from tests.flags.test_targeting import wait_until

KEY = "FEATURE_CALLS"


async def test_a_risky_flag_falls_to_off_and_comes_back_with_the_database(
    settings: Settings, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TemporaryDirectory(prefix="sd-") as folder:
        async with (
            cable(dsn, Path(folder)) as line,
            staged(replace(settings, flags={}), line.dsn) as stage,
        ):
            flags = stage.house.flags
            await set_override(stage.house.journal, KEY, True, reason="", author="ines")
            await wait_until(lambda: flags.is_on(KEY))
            monkeypatch.setattr("stagedoor.flags.flags.TRUST_SECONDS", 4.0)  # above the poll's two seconds
            await line.pull()
            assert flags.is_on(KEY), "a moment without the database changes nothing"
            stage.house.tally.observe("GET", "/api/session", 200, 0.01, None)
            await wait_until(lambda: not flags.is_on(KEY), 20)
            assert flags.is_on("FEATURE_FAN_PRIVACY"), "what is on by default stays on"
            await line.plug()
            await wait_until(lambda: flags.is_on(KEY), 30)
            await stage.house.tally.flush()
            counted = "SELECT coalesce(sum(counted), 0) FROM minute_counts WHERE name = 'http.requests'"
            assert await stage.value(counted) == 1, "what was counted meanwhile is not lost"
