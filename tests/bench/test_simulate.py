"""The simulated day: as many calls at once as asked for, and every need grows with what causes it."""

from dataclasses import replace

import pytest
from bench.simulate import Costs, Day, Habits, Prices, demand, live_a_day, need, table

COSTS = Costs(
    read_server_us=400,
    read_database_us=130,
    call_server_ms=12,
    call_database_ms=15,
    wal_bytes=20_000,
    stored_bytes=8_000,
    socket_kib=45,
    socket_core_share=1e-5,
    talking_server_share=2e-4,
    talking_database_share=4e-4,
)


@pytest.fixture(scope="module")
def day() -> Day:
    return live_a_day(1_000_000, 2_000, Habits())


def test_the_busiest_minute_has_the_calls_that_were_asked_for(day: Day) -> None:
    assert day.busiest().talking == pytest.approx(2_000, rel=0.15)


def test_who_talks_has_rung_and_not_yet_ended(day: Day) -> None:
    accepted = Habits().accepted
    begun = sum(one.rung for one in day.minutes) * accepted
    ended = sum(one.ended for one in day.minutes)
    assert ended + day.minutes[-1].talking == pytest.approx(begun, rel=0.02)


def test_the_evening_is_the_busiest_and_the_night_the_quietest() -> None:
    hours = [demand(hour * 3600, Habits()) for hour in range(24)]
    assert hours.index(max(hours)) in (20, 21)
    assert min(hours) == pytest.approx(Habits().night, abs=0.02)


@pytest.mark.parametrize(
    ("cost", "feels"),
    [
        ("talking_database_share", lambda one: one.database_cores["signs of life"]),
        ("call_database_ms", lambda one: one.database_cores["calls and bills"]),
        ("read_database_us", lambda one: one.database_cores["reads"]),
        ("wal_bytes", lambda one: one.wal_mib_a_second),
        ("stored_bytes", lambda one: one.stored_gib_a_month),
    ],
)
def test_what_costs_twice_needs_twice(day: Day, cost: str, feels: object) -> None:
    assert callable(feels)
    once = need(day, COSTS, Habits(), Prices())
    twice = need(day, replace(COSTS, **{cost: 2 * getattr(COSTS, cost)}), Habits(), Prices())
    assert feels(twice) == pytest.approx(2 * feels(once))
    assert twice.cost_a_month >= once.cost_a_month


def test_the_same_day_again_is_the_same_day() -> None:
    sizes = ((1_000, 10), (10_000, 100))
    assert table(COSTS, sizes) == table(COSTS, sizes)
