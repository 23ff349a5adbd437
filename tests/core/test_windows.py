"""Moving windows: exact at the boundary, and no heavier for the clients that are gone."""

import pytest

from stagedoor.core import windows
from stagedoor.core.windows import MovingWindows


class Clock:
    now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(windows, "time", clock)
    return clock


def test_of_any_minute_no_more_than_the_amount_passes(clock: Clock) -> None:
    hits = MovingWindows()
    for second in (0, 20, 40):
        clock.now = 1000.0 + second
        assert hits.hit(("mia",), 3, 60) is None
    clock.now = 1059.75
    assert hits.hit(("mia",), 3, 60) == 0.25
    assert hits.hit(("sam",), 3, 60) is None
    clock.now = 1060.0
    assert hits.hit(("mia",), 3, 60) is None
    assert hits.hit(("mia",), 3, 60) == 20.0


def test_a_refused_hit_does_not_count(clock: Clock) -> None:
    hits = MovingWindows()
    assert hits.hit(("mia",), 1, 60) is None
    for _ in range(5):
        clock.now += 10
        hits.hit(("mia",), 1, 60)
    clock.now = 1060.0
    assert hits.hit(("mia",), 1, 60) is None


def test_clients_that_are_gone_are_forgotten_as_others_come(clock: Clock) -> None:
    hits = MovingWindows()
    for number in range(1000):
        hits.hit((str(number),), 3, 60)
    clock.now += 60
    for number in range(1000, 1500):
        hits.hit((str(number),), 3, 60)
    assert len(hits) == 500
