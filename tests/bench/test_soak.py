"""A slice of `make soak`, in a process of its own as always; and its judge, which has to see what is wrong."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bench.arena import peopled
from bench.calling import wrong
from bench.processes import CORES
from bench.soak import Memory, faults, soak


async def test_calls_and_sockets_are_held_and_every_bill_is_right(dsn: str, tmp_path: Path) -> None:
    there = replace(await peopled(dsn, tmp_path, pairs=40), server_cores=CORES)
    with there.ours() as ours:
        found = await soak(there, ours, calls=10, sockets=40, seconds=6, call_seconds=3)
    assert found["ended"] >= 10
    assert faults({**found, "grown": False}, calls=10) == []  # six seconds say nothing about memory


def call(**other: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "state": "ended",
        "billableSeconds": 10,
        "tokensCharged": 2,
        "tokensPerMinute": 12,
        **other,
    }


def test_a_right_bill_is_right() -> None:
    assert wrong(call(), least=9.4, most=10.0) is None
    assert wrong(call(billableSeconds=11, tokensCharged=3), least=10.2, most=10.9) is None


@pytest.mark.parametrize(
    "bad",
    [
        {"billableSeconds": 8, "tokensCharged": 2},
        {"billableSeconds": 12, "tokensCharged": 3},
        {"tokensCharged": 1},
        {"tokensCharged": 3},
        {"state": "failed"},
    ],
)
def test_a_wrong_bill_is_seen(bad: dict[str, Any]) -> None:
    assert wrong(call(**bad), least=9.4, most=10.0) is not None


def memory(start: float, an_hour: float, seconds: int = 600) -> Memory:
    found = Memory()
    for second in range(0, seconds, 5):
        warming = max(0.0, 1 - second / 100) * -20
        found.add(float(second), start + warming + an_hour * second / 3600 + (second % 3) * 0.3)
    return found


def test_memory_that_warms_up_and_stays_has_not_grown() -> None:
    assert not memory(120, an_hour=0).grown()
    assert abs(memory(120, an_hour=0).slope()) < 5


def test_a_leak_is_seen() -> None:
    assert memory(120, an_hour=120).grown()
