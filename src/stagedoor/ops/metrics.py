"""What one process counts: HTTP rate, errors, latency, refusals by code, denials by their true reason, its pool.

With several workers behind one port, prometheus-client keeps these in files that all of them share
(`serve --workers` makes an empty folder for them), and any worker answers for all.
"""

from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from stagedoor.core.db import Database
from stagedoor.core.problems import Refusal

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# Refusals whose true reason is the operator's alone; the reasons are those of why_not() in SQL, so they are few.
_DENIALS = ("FAN_UNAVAILABLE", "CALL_NOT_ALLOWED")

requests_total = Counter("stagedoor_http_requests_total", "HTTP requests.", ["method", "route", "status"])
request_seconds = Histogram("stagedoor_http_request_seconds", "Time to answer a request.", ["route"], buckets=BUCKETS)
refusals_total = Counter("stagedoor_refusals_total", "Refused requests by code.", ["code"])
denials_total = Counter("stagedoor_denials_total", "Denied calls, messages and views by true reason.", ["reason"])
pool_connections = Gauge(
    "stagedoor_database_pool_connections",
    "Connections of the processes' pools: open, in use, and the most there may be.",
    ["state"],
    multiprocess_mode="livesum",
)


def observe(method: str, route: str, status: int, seconds: float, refusal: str | None) -> None:
    """One finished HTTP request, as core.edge reports it."""
    requests_total.labels(method, route, str(status)).inc()
    request_seconds.labels(route).observe(seconds)
    if refusal is not None:
        refusals_total.labels(refusal).inc()


def count_denial(error: BaseException, _scope: Any) -> None:
    """One refusal on its way out, with the reason that its receiver is not told."""
    if isinstance(error, Refusal) and error.code in _DENIALS:
        denials_total.labels(error.because or "unknown").inc()


def measure_pool(database: Database) -> None:
    """Read the pool of this process."""
    pool = database.pool
    pool_connections.labels("open").set(pool.get_size())
    pool_connections.labels("in_use").set(pool.get_size() - database.idle())
    pool_connections.labels("most").set(pool.get_max_size())
