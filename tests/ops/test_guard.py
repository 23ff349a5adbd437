"""The guard: no false alarm in thousands of healthy watches, a real fault caught within its stated time."""

import random
from bisect import bisect_right
from statistics import median

import pytest

from stagedoor.ops.guard import Seen, judge
from stagedoor.ops.rates import quantile, wilson_lower

WINDOW_SECONDS = 300
LOOK_SECONDS = 5


def failures(dice: random.Random, a_second: float, seconds: float) -> list[float]:
    """When requests failed: a Poisson process of `a_second` failures."""
    times: list[float] = []
    at = dice.expovariate(a_second)
    while at < seconds:
        times.append(at)
        at += dice.expovariate(a_second)
    return times


def look(times: list[float], a_second: float, now: float) -> Seen:
    """What the minute counts hold `now` seconds into a step, `a_second` requests coming evenly."""
    errors = bisect_right(times, now)
    recent_from = max(0.0, (now - WINDOW_SECONDS) // 60 * 60)
    recent = errors - bisect_right(times, recent_from)
    requests, recent_requests = int(a_second * now), int(a_second * (now - recent_from))
    return Seen(
        requests=max(errors, requests),
        errors=errors,
        recent_requests=max(recent, recent_requests),
        recent_errors=recent,
    )


def false_alarm(times: list[float], a_second: float, seconds: int) -> bool:
    """Would any look of the watch abort? Worst are the moments after an error, and when a minute leaves the window."""
    moments = [*times, *(float(minute) for minute in range(300, seconds, 60))] if len(times) >= 5 else []
    return any(judge(look(times, a_second, now + 0.001)).word == "abort" for now in moments)


def test_ten_thousand_healthy_watches_raise_no_false_alarm() -> None:
    dice = random.Random(132)
    alarms = 0
    for watch in range(10_000):
        a_second = (0.2, 1.0, 5.0, 20.0)[watch % 4]
        alarms += false_alarm(failures(dice, a_second * 0.001, 3600), a_second, 3600)
    assert alarms == 0


@pytest.mark.parametrize(
    ("a_second", "rate", "healthy", "stated_median", "stated_most"),
    [
        (1.0, 0.05, 0, 105, 240),
        (1.0, 0.20, 0, 30, 60),
        (1.0, 0.05, 2400, 230, 420),
        (10.0, 0.05, 2400, 120, 180),
        (10.0, 0.50, 2400, 20, 30),
    ],
)
def test_a_fault_is_caught_within_the_stated_time(
    a_second: float, rate: float, healthy: float, stated_median: float, stated_most: float
) -> None:
    dice = random.Random(7)
    caught = []
    for _ in range(200):
        times = [healthy + at for at in failures(dice, a_second * rate, 900)]
        now = healthy + LOOK_SECONDS
        while judge(look(times, a_second, now)).word != "abort":
            now += LOOK_SECONDS
        caught.append(now - healthy)
    assert median(caught) <= stated_median
    assert sorted(caught)[-3] <= stated_most


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (Seen(), "hold"),
        (Seen(requests=1), "go"),
        (Seen(requests=100, errors=4), "go"),
        (Seen(requests=100, errors=5), "abort"),
        (Seen(requests=500, errors=5), "go"),
        (Seen(requests=499, errors=5), "go"),
        (Seen(requests=2000, errors=21), "abort"),
        (Seen(requests=2000, errors=20), "go"),
        (Seen(requests=9000, recent_requests=300, recent_errors=10), "abort"),
        (Seen(requests=9000, recent_requests=300, recent_errors=9), "go"),
        (Seen(requests=9000, recent_requests=3000, recent_errors=31), "go"),
        (Seen(requests=50, recent_requests=50, recent_slow=9), "go"),
        (Seen(requests=50, recent_requests=50, recent_slow=10), "abort"),
        (Seen(requests=1000, recent_requests=1000, recent_slow=50), "go"),
        (Seen(requests=1000, recent_requests=1000, recent_slow=70), "abort"),
        (Seen(requests=10, tried=19, connected=0), "go"),
        (Seen(requests=10, tried=20, connected=15), "abort"),
        (Seen(requests=10, tried=20, connected=16), "go"),
        (Seen(requests=10, violations=1), "abort"),
        (Seen(violations=1), "abort"),
    ],
)
def test_the_verdict_at_each_boundary(seen: Seen, word: str) -> None:
    assert judge(seen).word == word, judge(seen).reasons


def test_a_step_of_calls_does_not_pass_without_a_call() -> None:
    assert judge(Seen(requests=50), needs_calls=True).word == "hold"
    assert judge(Seen(requests=50, tried=1, connected=1), needs_calls=True).word == "go"


def test_what_is_wrong_with_calls_stops_calls() -> None:
    assert judge(Seen(requests=10, violations=1)).calls
    assert judge(Seen(requests=10, tried=40, connected=4)).calls
    assert not judge(Seen(requests=100, errors=50)).calls


def test_the_wilson_bound_is_the_published_one() -> None:
    assert wilson_lower(0, 0, 2.33) == 0
    assert wilson_lower(5, 10, 1.96) == pytest.approx(0.2366, abs=1e-4)
    assert wilson_lower(1, 10, 1.96) == pytest.approx(0.0179, abs=1e-4)


def test_a_quantile_is_read_as_prometheus_reads_it() -> None:
    counts = {"http.bucket.0.1": 90, "http.bucket.0.5": 8, "http.bucket.1.0": 2}
    assert quantile(counts, 0.95) == pytest.approx(0.25 + 0.25 * 5 / 8)
    assert quantile({"http.bucket.inf": 3}, 0.95) == 5.0
    assert quantile({}, 0.95) is None
