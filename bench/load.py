"""The load: many connections, in a process of their own, closed loop or at a given rate.

    python -m bench.load < plan.json > result.json

Closed loop: each connection sends its next request when the last was answered. At a rate: requests are due at fixed
moments, and a request's time counts from the moment it was due, however long it then waited for a connection.
"""

import asyncio
import json
import sys
import time
from collections import Counter, deque
from typing import Any

import httptools
import uvloop


class Wire(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self, crew: "Crew") -> None:
        self._crew = crew
        self._transport: Any = None
        self._parser = httptools.HttpResponseParser(self)
        self._since = 0.0
        self.busy = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def send(self, request: bytes, since: float) -> None:
        self.busy, self._since = True, since
        self._transport.write(request)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        self.busy = False
        self._crew.answered(self, status, time.perf_counter() - self._since)

    def connection_lost(self, _error: Exception | None) -> None:
        if self.busy:
            self._crew.lost()


class Crew:
    """The connections, what they still have to ask, and what they were told."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._requests = [_raw(request) for request in plan["requests"]]
        self._cycle = bool(plan.get("cycle", True))
        self._rate = plan.get("rate")
        self._at = 0
        self._until = 0.0
        self._idle: list[Wire] = []
        self._due: deque[float] = deque()
        self.seconds: list[float] = []
        self.statuses: Counter[str] = Counter()
        self._connections = plan["connections"]
        self._address = ("127.0.0.1", plan["port"])
        self._plan_seconds = plan["seconds"]

    async def run(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        for _ in range(self._connections):
            _, wire = await loop.create_connection(lambda: Wire(self), *self._address)
            self._idle.append(wire)
        crew = list(self._idle)
        started = time.perf_counter()
        self._until = started + self._plan_seconds
        if self._rate is None:
            idle, self._idle = self._idle, []
            for wire in idle:
                self._next(wire, started)
            await asyncio.sleep(self._plan_seconds)
        else:
            await self._keep_rate(started)
        deadline = time.perf_counter() + 10
        while (any(wire.busy for wire in crew) or self._due) and time.perf_counter() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        took = time.perf_counter() - started
        unanswered = sum(wire.busy for wire in crew) + len(self._due)
        return self._result(took, unanswered)

    async def _keep_rate(self, started: float) -> None:
        sent = 0
        while (now := time.perf_counter()) < self._until:
            wanted = int((now - started) * self._rate)
            while sent < wanted:
                self._due.append(started + sent / self._rate)
                sent += 1
            self._assign()
            await asyncio.sleep(0.001)

    def _assign(self) -> None:
        while self._due and self._idle:
            request = self._take()
            if request is None:
                self._due.clear()
                return
            self._idle.pop().send(request, self._due.popleft())

    def _take(self) -> bytes | None:
        if self._at >= len(self._requests):
            if not self._cycle:
                return None
            self._at = 0
        self._at += 1
        return self._requests[self._at - 1]

    def _next(self, wire: Wire, now: float) -> None:
        request = self._take() if now < self._until else None
        if request is not None:
            wire.send(request, now)

    def answered(self, wire: Wire, status: int, seconds: float) -> None:
        self.seconds.append(seconds)
        self.statuses[str(status)] += 1
        if self._rate is None:
            self._next(wire, time.perf_counter())
        else:
            self._idle.append(wire)
            self._assign()

    def lost(self) -> None:
        self.statuses["lost"] += 1

    def _result(self, took: float, unanswered: int) -> dict[str, Any]:
        ordered = sorted(self.seconds)
        good = sum(count for status, count in self.statuses.items() if status[0] == "2")
        return {
            "answered": len(ordered),
            "good": good,
            "errors": sum(self.statuses.values()) - good + unanswered,
            "statuses": dict(self.statuses),
            "seconds": took,
            "exhausted": not self._cycle and self._at >= len(self._requests),
            "cpu_seconds": time.process_time(),
            **{f"p{share}": _quantile(ordered, share / 100) for share in (50, 95, 99)},
        }


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def _raw(request: dict[str, Any]) -> bytes:
    """One request as bytes. Each has a client's address of its own, as a proxy would report it."""
    body = json.dumps(request["body"]).encode() if "body" in request else b""
    lines = [
        f"{request['method']} {request['path']} HTTP/1.1",
        "Host: bench",
        f"Authorization: Bearer {request['token']}",
        f"X-Forwarded-For: {request['address']}",
    ]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def main() -> None:
    plan = json.load(sys.stdin)
    json.dump(uvloop.run(Crew(plan).run()), sys.stdout)


if __name__ == "__main__":
    main()
