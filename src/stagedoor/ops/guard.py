"""The guard's judgement: from what was seen to go, hold or abort. Pure, so that it can be simulated.

Errors since the step began: at least 5, above 1 %, and with the lower Wilson bound (z = 2.33, one in a hundred) above
0.5 %. At a true 0.1 % that happens by chance in about one of 80,000 watches; 5 % errors at one request a second are
caught in about 105 s. A fault that begins late in a long watch would hide behind the good hour before it, so the last
five minutes are judged too, twice as strictly, because they are judged anew so often: at least 10 errors, above 1 % by
the bound itself.
Latency: p95 above 500 ms means that more than 5 % took longer; said when the same bound is above 5 % and at least 10
did. Connect rate below 80 % of at least 20 accepted calls, and any violation of the ledger at all.
No data means hold: what nobody used has not been shown to work.
"""

from dataclasses import dataclass, field
from typing import Literal

from stagedoor.ops.rates import ratio, wilson_lower

Word = Literal["go", "hold", "abort"]
LEAST_ERRORS = 5
LEAST_RECENT = 10
ERROR_RATE = 0.01
ERROR_FLOOR = 0.005
Z = 2.33
P95_SECONDS = 0.5
SLOW_SHARE = 0.05
CONNECT_RATE = 0.8
CONNECT_CALLS = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What there was since the step began, and in the last five minutes of it (`recent_…`; without a step both are
    the same). `recent_slow` took longer than 500 ms; `tried` were accepted and are decided."""

    requests: int = 0
    errors: int = 0
    recent_requests: int = 0
    recent_errors: int = 0
    recent_slow: int = 0
    p95_seconds: float | None = None
    rung: int = 0
    tried: int = 0
    connected: int = 0
    violations: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` says in words why not `go`; `calls` is true when it is calls that must stop."""

    word: Word
    reasons: list[str] = field(default_factory=list)
    calls: bool = False


def judge(seen: Seen, *, needs_calls: bool = False) -> Verdict:
    """Abort, hold or go. `needs_calls`: without a decided call there is no data either."""
    about_calls = []
    if seen.violations:
        about_calls.append(f"{seen.violations} violations of the ledger")
    connect = ratio(seen.connected, seen.tried)
    if connect is not None and seen.tried >= CONNECT_CALLS and connect < CONNECT_RATE:
        about_calls.append(f"{seen.connected} of {seen.tried} accepted calls connected ({connect:.0%})")
    reasons = [*about_calls]
    if too_many_errors(seen.errors, seen.requests):
        reasons.append(_failed(seen.errors, seen.requests, "since the step began"))
    elif suddenly_failing(seen.recent_errors, seen.recent_requests):
        reasons.append(_failed(seen.recent_errors, seen.recent_requests, "in the last minutes"))
    if too_slow(seen.recent_slow, seen.recent_requests):
        shown = f", p95 {seen.p95_seconds * 1000:.0f} ms" if seen.p95_seconds is not None else ""
        reasons.append(f"{seen.recent_slow} of {seen.recent_requests} requests took more than 500 ms{shown}")
    if reasons:
        return Verdict("abort", reasons, calls=bool(about_calls))
    if not seen.requests:
        reasons.append("no request yet")
    if needs_calls and not seen.tried:
        reasons.append("no call was answered yet")
    return Verdict("hold" if reasons else "go", reasons)


def too_many_errors(errors: int, requests: int) -> bool:
    """Is it sure enough that more than 1 % fail?"""
    if errors < LEAST_ERRORS or errors <= ERROR_RATE * requests:
        return False
    return wilson_lower(errors, requests, Z) > ERROR_FLOOR


def suddenly_failing(errors: int, requests: int) -> bool:
    return errors >= LEAST_RECENT and wilson_lower(errors, requests, Z) > ERROR_RATE


def too_slow(slow: int, requests: int) -> bool:
    return slow >= LEAST_RECENT and wilson_lower(slow, requests, Z) > SLOW_SHARE


def _failed(errors: int, requests: int, when: str) -> str:
    return f"{errors} of {requests} requests failed {when} ({errors / requests:.1%})"
