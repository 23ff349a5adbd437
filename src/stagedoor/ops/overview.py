"""What the operator sees at a glance: is it well, what is on, how does it go."""

import time
from datetime import datetime
from typing import Any, Literal

import redis.asyncio
import redis.exceptions

from stagedoor.core.db import Database
from stagedoor.core.wire import Wire
from stagedoor.flags import FeatureFlags
from stagedoor.ops import looks, series, standing
from stagedoor.ops.flag_routes import FlagWire, flags_now
from stagedoor.ops.product import Funnel, Product, ProductFigures
from stagedoor.ops.rollout import newest
from stagedoor.ops.rollout_wire import GuardWire, RolloutWire, guard_wire, rollout_wire
from stagedoor.ops.series import Point, Range, Series
from stagedoor.ops.standing import Part
from stagedoor.settings import Settings


class PartWire(Wire, frozen=True):
    """One part's health: a word, and a sentence for people."""

    name: str
    state: Literal["ok", "degraded", "down", "off"]
    says: str


class FunnelWire(Wire, frozen=True):
    """The calls that rang in the range. A rate is null while there is nothing to take it of."""

    rung: int
    accepted: int
    connected: int
    completed: int
    declined: int
    missed: int
    cancelled: int
    failed: int
    billable_seconds: int
    call_tokens: int
    fee_tokens: int
    creators_calling: int
    fans_accepting: int
    answer_rate: float | None
    connect_rate: float | None
    completion_rate: float | None
    tokens_per_call: float | None


class PeopleWire(Wire, frozen=True):
    """Adoption is of the last 30 days' newcomers; the rest is of the last 7 days."""

    adoption_rate: float | None
    returning_rate: float | None
    abuse_rate: float | None
    reports: int
    disputes: int
    blocks: int


class PointWire(Wire, frozen=True):
    at: datetime
    requests: int
    errors: int
    p95_seconds: float | None
    rung: int
    accepted: int
    connected: int
    completed: int
    tokens: int
    fee_tokens: int


class RefusalWire(Wire, frozen=True):
    code: str
    count: int


class OverviewWire(Wire, frozen=True):
    """Everything the operators' page shows, for one range."""

    at: datetime
    range: Range
    parts: list[PartWire]
    flags: list[FlagWire]
    rollout: RolloutWire | None
    guard: GuardWire | None
    calls_in_progress: dict[str, int]
    funnel: FunnelWire
    people: PeopleWire
    requests: int
    error_rate: float | None
    p95_seconds: float | None
    refusals: list[RefusalWire]
    step_seconds: int
    points: list[PointWire]


class Overview:
    """Reads it all; the product's figures are up to a minute old."""

    def __init__(self, database: Database, flags: FeatureFlags, product: ProductFigures, settings: Settings) -> None:
        self._database = database
        self._flags = flags
        self._product = product
        self._settings = settings

    async def read(self, range_: Range) -> OverviewWire:
        """Raises Unavailable."""
        flags = await flags_now(self._database, self._flags)
        async with self._database.connection() as connection:
            started = time.perf_counter()
            await connection.fetchval("SELECT 1")
            ping = time.perf_counter() - started
            now = await standing.read(connection)
            look = await looks.read(connection)
            rollout = await newest(connection)
            plotted = await series.read(connection, range_)
        hours = self._settings.operations.backup_hours
        parts = standing.parts(now, look, ping_seconds=ping, backup_hours=hours)
        parts += [await self._redis(), self._flag_part()]
        product = await self._product.read()
        return OverviewWire(
            at=now.at,
            range=range_,
            parts=[PartWire(part.name, part.state, part.says) for part in parts],
            flags=flags,
            rollout=None if rollout is None else rollout_wire(rollout),
            guard=None if look is None else guard_wire(look),
            calls_in_progress=dict(now.in_progress),
            funnel=_funnel(product.funnels[range_]),
            people=_people(product),
            **_plots(plotted),
        )

    async def _redis(self) -> Part:
        url = self._settings.redis_url
        if url is None:
            return Part("redis", "off", "not configured: one process serves")
        client = redis.asyncio.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        try:
            await client.ping()
        except (redis.exceptions.RedisError, OSError) as error:
            return Part("redis", "down", f"does not answer ({type(error).__name__})")
        finally:
            await client.aclose()
        return Part("redis", "ok", "answers")

    def _flag_part(self) -> Part:
        fresh = self._flags.is_fresh()
        return Part(
            "flags", "ok" if fresh else "degraded", "up to date" if fresh else "older than 10 s: defaults count"
        )


def _plots(plotted: Series) -> dict[str, Any]:
    return {
        "requests": plotted.requests,
        "error_rate": plotted.error_rate,
        "p95_seconds": plotted.p95_seconds,
        "refusals": [RefusalWire(code, count) for code, count in plotted.refusals.items()],
        "step_seconds": plotted.step_seconds,
        "points": [
            PointWire(*(getattr(point, name) for name in PointWire.__struct_fields__)) for point in plotted.points
        ],
    }


def _point(point: Point) -> PointWire:
    return PointWire(*(getattr(point, name) for name in PointWire.__struct_fields__))


def _funnel(funnel: Funnel) -> FunnelWire:
    return FunnelWire(*(getattr(funnel, name) for name in FunnelWire.__struct_fields__))


def _people(product: Product) -> PeopleWire:
    return PeopleWire(*(getattr(product, name) for name in PeopleWire.__struct_fields__))
