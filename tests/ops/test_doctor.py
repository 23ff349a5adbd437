"""The doctor names what ails the service, and changes nothing."""

import json
from pathlib import Path

from tests.conftest import Stage
from tests.ops.command_line import stagedoor
from tests.ops.conftest import short_call


async def test_the_doctor_names_the_part_that_is_down_and_who_blocks_whom(
    stage: Stage, dsn: str, tmp_path: Path
) -> None:
    await short_call(stage, stage.mia)
    await stage.mia.ask("GET", "/api/ops/flags")
    await stage.house.guard.look()
    await stage.house.tally.flush()
    well = await stagedoor("doctor", "--json", dsn=dsn, data_dir=tmp_path)
    assert well.exit_code == 0, well.output
    told = json.loads(well.output)
    assert {part["name"]: part["state"] for part in told["parts"]}["timers"] == "ok"
    assert told["diagnosis"]["endings"] == {"creator_hung_up": 1}
    assert told["diagnosis"]["refusals"] == {"FORBIDDEN": 1}
    assert told["diagnosis"]["slow"] is None, "the embedded server does not count statements, and that is said"

    call_id = await stage.ring()
    async with stage.house.database.transaction() as lock:
        await lock.execute("SELECT 1 FROM call_invitations FOR UPDATE")
        await stage.sql("UPDATE calls SET due_at = now() - interval '40 seconds' WHERE id = $1", call_id)
        ill = await stagedoor("doctor", dsn=dsn, data_dir=tmp_path)
    assert ill.exit_code == 1
    assert "pg_stat_statements is not installed" in ill.output
    timers = next(line for line in ill.output.splitlines() if line.startswith("timers"))
    assert "down" in timers and "has waited 40 s" in timers
