"""One list of states and moves: the database's, Python's and the client's are the same, and nothing else moves."""

import re
from itertools import product
from pathlib import Path
from typing import get_args

import asyncpg
import pytest

from stagedoor.calls import TRANSITIONS
from stagedoor.calls.model import CallState, EndReason, InvitationState
from tests.conftest import Stage

STATES = get_args(CallState)
CLIENT = Path(__file__).parents[2] / "web/src/gen/api.ts"


async def values_of(stage: Stage, constraint: str) -> set[str]:
    text = await stage.value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", constraint)
    return set(re.findall(r"'(\w+)'::text", text))


async def test_states_are_the_same_in_database_python_and_client(stage: Stage) -> None:
    assert await values_of(stage, "call_state_values") == set(STATES)
    assert await values_of(stage, "invitation_state_values") == set(get_args(InvitationState))
    assert await values_of(stage, "call_end_reason_values") == set(get_args(EndReason))
    moves = {(row["from_state"], row["to_state"]) for row in await stage.sql("SELECT * FROM call_transitions")}
    assert moves == {(source, target) for source, targets in TRANSITIONS.items() for target in targets}
    found = re.search(r'state: ((?:"\w+" ?\|? ?)+);', re.sub(r"\s+", " ", CLIENT.read_text().split("CallWire: {")[1]))
    assert found
    assert set(re.findall(r'"(\w+)"', found[1])) == set(STATES)


async def test_every_other_move_is_refused_by_the_database(stage: Stage) -> None:
    """Each state is brought about by hand, past the triggers; each move out of it is then tried with them."""
    call_id = await stage.ring()
    async with stage.house.database.connection() as connection:
        for source, target in product(STATES, STATES):
            if source == target or target in TRANSITIONS.get(source, ()):
                continue
            trial = connection.transaction()
            await trial.start()
            await connection.execute("SET LOCAL session_replication_role = replica")
            over = source not in TRANSITIONS
            await connection.execute(
                "UPDATE calls SET state = $2, ended_at = CASE WHEN $3 THEN now() END,"
                " end_reason = CASE WHEN $3 THEN 'operator' END, due_at = NULL WHERE id = $1",
                call_id,
                source,
                over,
            )
            await connection.execute("SET LOCAL session_replication_role = origin")
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                await connection.execute("UPDATE calls SET state = $2 WHERE id = $1", call_id, target)
            assert refused.value.constraint_name == "call_transition", (source, target)
            await trial.rollback()


async def test_expiring_an_invitation_by_hand_moves_its_call_and_tells_everybody(stage: Stage) -> None:
    call_id = await stage.ring()
    await stage.sql("UPDATE call_invitations SET state = 'expired' WHERE call_id = $1", call_id)
    [call] = await stage.sql("SELECT state, end_reason, due_at FROM calls WHERE id = $1", call_id)
    assert call == {"state": "missed", "end_reason": "expired", "due_at": None}
    [event] = await stage.sql("SELECT type, deliveries FROM events WHERE call_id = $1 AND version = 2", call_id)
    assert event["type"] == "call.missed"
    assert {delivery["channel"] for delivery in event["deliveries"]} == {
        f"fan:{stage.sam.id}",
        f"creator:{stage.mia.id}",
    }


async def test_call_and_invitation_can_never_disagree_at_commit(stage: Stage) -> None:
    call_id = await stage.ring()
    with pytest.raises(asyncpg.CheckViolationError, match="disagree"):
        await stage.sql(
            "UPDATE calls SET state = 'missed', ended_at = now(), end_reason = 'expired' WHERE id = $1", call_id
        )
    assert await stage.value("SELECT state FROM calls WHERE id = $1", call_id) == "ringing"


async def test_an_answered_invitation_is_answered_for_good(stage: Stage) -> None:
    call_id = await stage.ring()
    await stage.sam.post("/api/calls/decline", {"callId": call_id})
    for state in ("accepted", "cancelled", "expired", "pending"):
        with pytest.raises(asyncpg.CheckViolationError):
            await stage.sql("UPDATE call_invitations SET state = $2 WHERE call_id = $1", call_id, state)
