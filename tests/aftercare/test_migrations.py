"""What this room, quiet hours and push made goes, and comes back, in a house that used it; no tokens stay frozen."""

from pathlib import Path

import asyncpg

import stagedoor
from tests.aftercare.conftest import paid_call
from tests.laws.stopped_clock import Theatre

MIGRATIONS = Path(stagedoor.__file__).parent / "migrations"
NAMES = ["141_call_aftercare", "142_quiet_hours", "143_push_subscriptions"]
LEFT = """
SELECT table_name || coalesce('.' || column_name, '') FROM information_schema.columns
WHERE table_name IN ('call_ratings', 'call_reports', 'call_disputes', 'push_subscriptions')
   OR (table_name = 'users' AND column_name LIKE 'fan_quiet%')
"""


async def test_down_and_up_again_with_data_leaves_the_money_free_and_the_house_usable(theatre: Theatre) -> None:
    call_id = await paid_call(theatre)
    await theatre.sam.post(f"/api/calls/{call_id}/rating", {"stars": 5})
    await theatre.sam.post(f"/api/calls/{call_id}/report", {"reason": "spam"})
    await theatre.sam.post(f"/api/calls/{call_id}/dispute", {"text": "?"})
    await theatre.sam.ask("PATCH", "/api/fans/me", {"quietFrom": "01:00", "quietUntil": "02:00"})
    connection = await asyncpg.connect(theatre.house.database.dsn)
    try:
        for name in reversed(NAMES):
            await connection.execute((MIGRATIONS / f"{name}_DOWN.sql").read_text())
        assert await connection.fetch(LEFT) == []
        held = await connection.fetchval("SELECT sum(held) FROM ledger_accounts")
        assert (held, await connection.fetch("SELECT * FROM ledger_audit()")) == (0, [])
        for name in NAMES:
            await connection.execute((MIGRATIONS / f"{name}.sql").read_text())
        assert await connection.fetch(LEFT) != []
    finally:
        await connection.close()
    again = await paid_call(theatre)
    await theatre.sam.post(f"/api/calls/{again}/dispute", {"text": "?"})
    assert (await theatre.mia.get("/api/wallet"))["wallet"]["held"] == 12
