"""The reconciler finds every disagreement that is made here by hand, mends what is safe, and nothing else."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest
from prometheus_client import generate_latest
from typer.testing import CliRunner

from stagedoor.billing import Audit, Reconciler, reconcile
from stagedoor.billing.checks import CHECKS, WAITING
from stagedoor.cli import app
from stagedoor.core.db import Database
from stagedoor.events import Journal
from tests.conftest import Stage
from tests.laws.stopped_clock import Theatre, theatre

__all__ = ["theatre"]
UNGUARDED = "SET session_replication_role = replica"  # a hand that goes past every trigger


async def break_by_hand(stage: Stage, *statements: str, **args: Any) -> None:
    connection = await asyncpg.connect(stage.house.database.dsn)
    try:
        await connection.execute(UNGUARDED)
        for statement in statements:
            await connection.execute(statement.format(**args))
    finally:
        await connection.close()


async def look(stage: Stage, *, mend: bool = False) -> Audit:
    reconciler: Reconciler = stage.house.reconciler
    return await reconciler.look(mend=mend)


def names(audit: Audit) -> list[tuple[str, str]]:
    return [(finding.check, finding.subject) for finding in audit.findings]


async def paid(theatre: Theatre) -> str:
    call_id = await theatre.connect()
    await theatre.stay(call_id, 60)
    await theatre.sam.post("/api/calls/end", {"callId": call_id})
    return call_id


async def test_a_house_in_order_is_clean_at_every_step(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    assert (await look(theatre)).findings == []
    await theatre.sam.post("/api/calls/accept", {"callId": call_id})
    assert (await look(theatre)).findings == []
    for who in ("mia", "sam"):
        await theatre.attest(call_id, who)
    await theatre.stay(call_id, 40)
    assert (await look(theatre)).findings == []
    await theatre.attest(call_id, "sam", "lost")
    assert (await look(theatre)).findings == []
    await theatre.tick(5)
    for who in ("mia", "sam"):
        await theatre.attest(call_id, who)
    await theatre.stay(call_id, 20)
    await theatre.sam.post("/api/calls/end", {"callId": call_id})
    await theatre.sam.post(f"/api/calls/{call_id}/dispute", {"text": "?"})
    await theatre.ops.post(f"/api/ops/calls/{call_id}/refund", {"tokens": 3})
    await theatre.ops.post(f"/api/ops/disputes/{call_id}/resolve", {"refundTokens": 5})
    missed = await theatre.ring()
    await theatre.tick(130)
    assert (await theatre.call(missed))["state"] == "missed"
    audit = await look(theatre, mend=True)
    assert audit.clean and audit.findings == [] and audit.repaired == []


BROKEN_AFTER_A_PAID_CALL = {
    "ledger": "UPDATE ledger_accounts SET posted = posted + 1 WHERE id = (SELECT min(account_id) FROM ledger_entries)",
    "segments_overlap": "INSERT INTO call_segments SELECT call_id, 99, ended_at - interval '1 second', ended_at"
    " FROM call_segments WHERE call_id = '{call}'",
    "clock_and_state": "INSERT INTO call_segments VALUES ('{call}', 99, (SELECT ended_at FROM calls LIMIT 1), NULL)",
    "charge_not_from_segments": "UPDATE calls SET billable_seconds = billable_seconds - 1 WHERE id = '{call}'",
    "capture_not_charge": "UPDATE ledger_holds SET captured = captured - 1 WHERE call_id = '{call}'",
    "refund_exceeds_charge": "WITH t AS (INSERT INTO ledger_transactions (op_key, kind, ref)"
    " VALUES ('x', 'call_refund', '{call}') RETURNING id)"
    " INSERT INTO ledger_entries (transaction_id, account_id, amount)"
    " SELECT t.id, account_id, 13 FROM t, ledger_holds WHERE call_id = '{call}'",
    "invitation_disagrees": "UPDATE call_invitations SET state = 'declined' WHERE call_id = '{call}'",
    "event_missing": "DELETE FROM events WHERE call_id = '{call}' AND version = 3",
}


async def test_what_is_wrong_with_money_is_found_and_left_to_people(theatre: Theatre) -> None:
    for check, statement in BROKEN_AFTER_A_PAID_CALL.items():
        call_id = await paid(theatre)
        before = [] if check == "ledger" else [(check, call_id)]
        await break_by_hand(theatre, statement, call=call_id)
        found = names(await look(theatre, mend=True))
        assert set(before) <= set(found) and check in dict(found), (check, found)
        again = await look(theatre, mend=True)
        assert names(again) == found and not again.clean, f"{check} is not for a machine to decide"
        assert not any(finding.mendable for finding in again.findings)


async def test_tokens_held_for_a_call_that_is_over_are_released_and_the_fan_is_told(theatre: Theatre) -> None:
    before = (await theatre.sam.get("/api/wallet"))["wallet"]
    call_id = await theatre.ring()
    await theatre.sam.post("/api/calls/accept", {"callId": call_id})
    await break_by_hand(
        theatre,
        "UPDATE calls SET state = 'failed', end_reason = 'no_connection', ended_at = created_at, due_at = NULL,"
        " version = 2 WHERE id = '{call}'",
        call=call_id,
    )
    assert names(await look(theatre)) == [("hold_open_after_end", call_id)]
    mended = await look(theatre, mend=True)
    assert (mended.findings, [one.check for one in mended.repaired]) == ([], ["hold_open_after_end"])
    assert (await theatre.sam.get("/api/wallet"))["wallet"] == before
    event = (await theatre.sql("SELECT data, deliveries FROM events WHERE type = 'call.repaired'"))[0]
    assert event["data"] == {"check": "hold_open_after_end"}
    assert [(told["channel"], told["data"]["held"]) for told in event["deliveries"]] == [(f"fan:{theatre.sam.id}", 0)]
    assert (await look(theatre, mend=True)).repaired == []
    await theatre.audit()


async def test_a_hold_whose_call_was_charged_is_not_released(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    await break_by_hand(
        theatre,
        "UPDATE calls SET state = 'ended', end_reason = 'operator', ended_at = created_at, due_at = NULL,"
        " tokens_charged = 5 WHERE id = '{call}'",
        call=call_id,
    )
    audit = await look(theatre, mend=True)
    assert ("hold_open_after_end", call_id) in names(audit) and audit.repaired == []
    assert await theatre.value("SELECT count(*) FROM ledger_holds WHERE closed_at IS NULL") == 1


async def test_what_is_frozen_beyond_the_decision_is_released(theatre: Theatre) -> None:
    call_id = await paid(theatre)
    await theatre.sam.post(f"/api/calls/{call_id}/dispute", {"text": "?"})
    assert (await look(theatre, mend=True)).findings == []
    assert (await theatre.mia.get("/api/wallet"))["wallet"]["held"] == 12
    await theatre.sql("UPDATE call_disputes SET resolved_at = clock_timestamp(), refunded_tokens = 0")
    assert [one.check for one in (await look(theatre, mend=True)).repaired] == ["frozen_after_decision"]
    assert (await theatre.mia.get("/api/wallet"))["wallet"]["held"] == 0


async def test_a_call_that_is_never_due_becomes_due_and_ends(theatre: Theatre) -> None:
    ringing = await theatre.ring()
    await theatre.sql("UPDATE calls SET due_at = NULL")
    assert [one.subject for one in (await look(theatre, mend=True)).repaired] == [ringing]
    await theatre.tick(119)
    assert (await theatre.call(ringing))["state"] == "ringing"
    await theatre.tick(1)
    assert (await theatre.call(ringing))["state"] == "missed"
    talking = await theatre.connect()
    await theatre.sql("UPDATE calls SET due_at = NULL")
    await theatre.tick(300)
    assert (await theatre.call(talking))["state"] == "active", "nothing but the reconciler would end it"
    await look(theatre, mend=True)
    await theatre.sweep()
    assert (await theatre.call(talking))["endReason"] == "connection_lost"
    assert (await look(theatre)).findings == []


async def test_a_call_that_nobody_is_in_any_more_is_looked_at(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    await theatre.sql("UPDATE calls SET due_at = clock_timestamp() + interval '1 day'")
    await theatre.later(599)
    assert (await look(theatre)).findings == []
    await theatre.later(2)
    assert [one.check for one in (await look(theatre, mend=True)).repaired] == ["nobody_there"]
    await theatre.sweep()
    assert (await theatre.call(call_id))["state"] == "ended"


async def test_work_that_nobody_does_is_reported(theatre: Theatre) -> None:
    call_id = await theatre.connect()
    await break_by_hand(
        theatre, "UPDATE ledger_holds SET closed_at = created_at", "UPDATE ledger_accounts SET held = 0"
    )
    await theatre.later(100)
    audit = await look(theatre)
    assert {name for name, _ in names(audit)} >= {"overdue", "live_without_hold"}
    assert ("overdue", call_id) in names(audit)


async def test_an_event_that_waits_is_said_but_contradicts_nothing(dsn: str) -> None:
    database = Database(dsn, size=2)
    await database.open()
    try:
        async with database.connection() as connection:
            for age in ("59 seconds", "61 seconds"):
                await connection.execute(
                    f"INSERT INTO events (type, created_at) VALUES ('t', now() - interval '{age}')"
                )
        audit = await Reconciler(Journal(database), database).look(mend=True)
    finally:
        await database.close()
    assert [(finding.check, finding.waiting) for finding in audit.findings] == [("event_unpublished", True)]
    assert audit.clean


async def test_more_billed_than_agora_saw_is_reported(theatre: Theatre) -> None:
    call_id = await paid(theatre)
    await theatre.sql("UPDATE calls SET media_provider = 'agora'")
    connected = await theatre.value("SELECT connected_at FROM calls")
    for uid, stay in ((1, 44), (2, 60)):
        await theatre.sql(
            "INSERT INTO agora_notices (notice_id, call_id, channel, kind, event_type, uid, happened_at, stay_seconds)"
            " VALUES ($1::text, $2, 'c', 'left', 104, $3, $4::timestamptz + make_interval(secs => $5::int), $5::int)",
            str(uid),
            call_id,
            uid,
            connected,
            stay,
        )
    assert (await look(theatre)).findings == [], "a notice may still come"
    await theatre.later(301)
    assert names(await look(theatre)) == [("agora_disagrees", call_id)]
    await theatre.sql(
        "UPDATE agora_notices SET stay_seconds = 46, happened_at = $1::timestamptz + interval '46 seconds'"
        " WHERE uid = 1",
        connected,
    )
    assert (await look(theatre)).findings == []


async def test_operators_read_the_audit_and_nobody_else(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    await theatre.sql("UPDATE calls SET due_at = NULL")
    audit = (await theatre.ops.get("/api/ops/audit"))["audit"]
    assert (audit["clean"], [(one["check"], one["subject"]) for one in audit["findings"]]) == (
        False,
        [("never_due", call_id)],
    )
    assert audit["repaired"] == [], "reading mends nothing"
    assert (await theatre.sam.ask("GET", "/api/ops/audit")).status_code == 403


def metric(check: str) -> float | None:
    for line in generate_latest().decode().splitlines():
        if line.startswith(f'stagedoor_audit_violations{{check="{check}"}}'):
            return float(line.split()[-1])
    return None


async def test_one_process_at_a_time_looks_mends_and_tells_the_metric(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = await paid(theatre)
    ringing = await theatre.ring()
    await break_by_hand(theatre, BROKEN_AFTER_A_PAID_CALL["invitation_disagrees"], call=call_id)
    await theatre.sql("UPDATE calls SET due_at = NULL")
    monkeypatch.setattr(reconcile, "FIRST_SECONDS", 0.0)
    looking, most = 0, 0
    look_once = Reconciler.look

    async def counted(self: Reconciler, *, mend: bool) -> Audit:
        nonlocal looking, most
        looking += 1
        most = max(most, looking)
        audit = await look_once(self, mend=mend)
        await asyncio.sleep(0.2)
        looking -= 1
        return audit

    monkeypatch.setattr(Reconciler, "look", counted)
    monkeypatch.setattr(reconcile, "REST_SECONDS", 0.05)
    house = theatre.house
    rivals = [asyncio.create_task(Reconciler(house.journal, house.database).run()) for _ in range(3)]
    try:
        for _ in range(200):
            await asyncio.sleep(0.05)
            if metric("invitation_disagrees") == 1:
                break
        assert most == 1
        assert metric("invitation_disagrees") == 1 and metric("never_due") == 0
        assert await theatre.value("SELECT due_at IS NOT NULL FROM calls WHERE id = $1", ringing)
    finally:
        for task in rivals:
            task.cancel()
        await asyncio.gather(*rivals, return_exceptions=True)


async def test_the_command_finds_mends_and_says_so(stage: Stage) -> None:
    async def run(*arguments: str) -> tuple[int, str]:
        env = {"DATABASE_URL": stage.house.database.dsn}
        done = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=env)
        return done.exit_code, done.stdout.strip()

    assert await run("audit") == (0, "The ledger is clean.")
    call_id = await stage.ring()
    await stage.sql("UPDATE calls SET due_at = NULL")
    code, said = await run("audit")
    assert code == 1 and call_id in said and said.startswith("never_due")
    code, said = await run("audit", "--repair", "--json")
    assert code == 0 and [one["subject"] for one in json.loads(said)["repaired"]] == [call_id]
    await stage.sam.post("/api/calls/decline", {"callId": call_id})
    talked = await stage.connect()
    await asyncio.sleep(0.1)
    await stage.sam.post("/api/calls/end", {"callId": talked})
    assert await run("refund", talked) == (0, "1 of 1 tokens are refunded, 1 of them now.")
    assert await run("refund", talked, "--tokens", "1") == (0, "1 of 1 tokens are refunded: nothing to do.")
    assert (await run("refund", talked, "--tokens", "2"))[0] == 2
    assert (await run("refund", "not-an-id"))[0] == 2
    assert await run("audit") == (0, "The ledger is clean.")


def test_every_check_has_a_name_of_its_own() -> None:
    every = [check.name for check in (*CHECKS, WAITING)]
    assert len(set(every)) == len(every)
