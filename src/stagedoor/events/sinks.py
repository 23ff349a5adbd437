"""Where events go besides the clients: the log, one JSON object a line, and the metrics."""

import logging
from collections.abc import Mapping
from typing import Any

from prometheus_client import Counter, Histogram

from stagedoor.core.logs import write
from stagedoor.events.journal import Event

log = logging.getLogger("events")

# What a log line may carry of an event's data. Anything that names or quotes a person is not among them.
LOGGED = (
    "callType",
    "endReason",
    "billableSeconds",
    "tokensCharged",
    "tokens",
    "tokensPerMinute",
    "state",
    "by",
    "secondsLeft",
    "key",
    "enabled",
    "changed",
    "check",
    "frozenTokens",
    "refundedTokens",
)


class LogSink:
    """Every event as one log line with the ids that lead to the rest."""

    async def deliver(self, event: Event) -> None:
        fields: dict[str, object] = {name: event.data[name] for name in LOGGED if name in event.data}
        for name, value in (("callId", event.call_id), ("creatorId", event.creator_id), ("fanId", event.fan_id)):
            if value is not None:
                fields[name] = str(value)
        if event.request_id is not None:
            fields["requestId"] = event.request_id
        write(log, event.type, {"eventId": event.id, "version": event.version, **fields})


events_total = Counter("stagedoor_events_total", "Recorded events by type.", ["type"])
calls_total = Counter("stagedoor_calls_total", "Calls that reached a state.", ["state", "call_type"])
call_seconds = Histogram(
    "stagedoor_call_billable_seconds",
    "Billable seconds of ended calls.",
    buckets=(1, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200),
)
call_tokens_total = Counter("stagedoor_call_tokens_total", "Tokens charged for calls.")


def samples(event_type: str, version: int, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Where MetricsSink counts such an event, as /metrics writes it."""
    counted = [f'stagedoor_events_total{{type="{event_type}"}}']
    if version and event_type in STATES:
        state, call_type = event_type.removeprefix("call."), data.get("callType", "unknown")
        counted.append(f'stagedoor_calls_total{{call_type="{call_type}",state="{state}"}}')
    if version and event_type == "call.ended":
        counted += ["stagedoor_call_billable_seconds_count", "stagedoor_call_tokens_total"]
    return tuple(counted)


class MetricsSink:
    """Counts what the product is judged by."""

    async def deliver(self, event: Event) -> None:
        events_total.labels(event.type).inc()
        room, _, what = event.type.partition(".")
        if room != "call" or event.version == 0:
            return
        if event.type in STATES:
            calls_total.labels(what, event.data.get("callType", "unknown")).inc()
        if event.type == "call.ended":
            call_seconds.observe(event.data.get("billableSeconds", 0))
            call_tokens_total.inc(event.data.get("tokensCharged", 0))


STATES = {
    f"call.{state}"
    for state in (
        "ringing",
        "connecting",
        "active",
        "reconnecting",
        "ended",
        "declined",
        "cancelled",
        "missed",
        "failed",
    )
}
