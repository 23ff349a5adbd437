"""`stagedoor explain` names every rule, what it looked at and its verdict, and is never at odds with the gate."""

import asyncio
import os
import sys
from typing import Any

import pytest

from stagedoor.privacy import Explainer, RulesDisagreeError
from stagedoor.privacy import explain as room
from tests.conftest import Stage


async def stagedoor(dsn: str, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stagedoor",
        *words,
        env={**os.environ, "DATABASE_URL": dsn, "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_the_command_says_why_and_what_it_looked_at(stage: Stage, dsn: str) -> None:
    await stage.sam.ask("PATCH", "/api/fans/me", {"allowCalls": "nobody"})
    await stage.leo.ask("PUT", f"/api/fans/blocks/{stage.mia.id}")
    code, said = await stagedoor(dsn, "explain", "--creator", "mia", "--fan", "sam")
    assert code == 0, said
    assert "mia may see sam: yes" in said
    assert "mia may message sam: yes" in said
    assert "mia may call sam: no: calls_nobody" in said
    assert "allowCalls: nobody" in said
    code, said = await stagedoor(dsn, "explain", "--creator", "mia", "--fan", "leo")
    assert "mia may see leo: no: blocked_by_fan" in said
    assert "the fan's block list, since 20" in said


async def test_busy_and_cooldown_are_explained_beside_the_permission(stage: Stage) -> None:
    await stage.connect()
    found = await stage.house.services[Explainer].explain("mia", "sam")
    assert found.reasons == {"see": None, "message": None, "call": None}
    assert {rule.name for rule in found.moment if rule.refuses} == {"creator_busy", "fan_busy", "cooldown"}


@pytest.mark.parametrize(
    ("creator", "fan", "reason"),
    [("mia", "nobody", "unknown_fan"), ("leo", "sam", "not_a_creator"), ("mia", "mia", "self")],
)
async def test_names_that_make_no_pair_are_explained_too(stage: Stage, creator: str, fan: str, reason: str) -> None:
    found = await stage.house.services[Explainer].explain(creator, fan)
    assert set(found.reasons.values()) == {reason}


async def test_rules_that_disagree_with_the_gate_are_a_fault(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.sam.ask("PATCH", "/api/fans/me", {"visibility": "hidden"})
    rules = room._rules

    def without_hidden(facts: Any) -> list[room.Rule]:
        return [rule for rule in rules(facts) if rule.name != "hidden"]

    monkeypatch.setattr(room, "_rules", without_hidden)
    with pytest.raises(RulesDisagreeError, match="the rules say yes, the database hidden"):
        await stage.house.services[Explainer].explain("mia", "sam")
