"""HTTP metrics: rate, errors, latency, denials by code."""

from prometheus_client import Counter, Histogram

requests_total = Counter("stagedoor_http_requests_total", "HTTP requests.", ["method", "route", "status"])
request_seconds = Histogram(
    "stagedoor_http_request_seconds",
    "Time to answer a request.",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
refusals_total = Counter("stagedoor_refusals_total", "Refused requests by code.", ["code"])


def observe(method: str, route: str, status: int, seconds: float, refusal: str | None) -> None:
    """One finished HTTP request, as core.edge reports it."""
    requests_total.labels(method, route, str(status)).inc()
    request_seconds.labels(route).observe(seconds)
    if refusal is not None:
        refusals_total.labels(refusal).inc()
