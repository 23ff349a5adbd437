"""What /metrics says: what the processes counted themselves, and what the database knows.

Database figures are the same whichever process answers, and are read at most once in ten seconds. With the database
away the processes' own figures are still told, with `stagedoor_database_up 0`.
"""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    REGISTRY,
    CollectorRegistry,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from stagedoor.core.db import Database
from stagedoor.core.problems import Unavailable
from stagedoor.flags import FeatureFlags
from stagedoor.ops import looks, standing
from stagedoor.ops.looks import Look
from stagedoor.ops.product import Product, ProductFigures
from stagedoor.ops.rollout import Rollout, newest
from stagedoor.ops.standing import Standing

REMEMBER_SECONDS = 10.0
SHARED_DIR = "PROMETHEUS_MULTIPROC_DIR"

disable_created_metrics()  # type: ignore[no-untyped-call]
for collector in (GC_COLLECTOR, PLATFORM_COLLECTOR):
    REGISTRY.unregister(collector)


class Exposition:
    """One process's answer to a scrape."""

    def __init__(self, database: Database, flags: FeatureFlags, product: ProductFigures) -> None:
        self._database = database
        self._flags = flags
        self._product = product
        self._read_at = float("-inf")
        self._families: list[Metric] = []

    async def text(self) -> bytes:
        """In Prometheus' text format."""
        now = time.monotonic()
        if now - self._read_at >= REMEMBER_SECONDS:
            self._families, self._read_at = await self._read(), now
        registry = CollectorRegistry()
        registry.register(_Given(self._families))
        return _own() + generate_latest(registry)

    async def _read(self) -> list[Metric]:
        shares = {key: _share(self._flags, key) for key in self._flags.defaults()}
        flags = _gauge("stagedoor_flag_share", "Share of people that a flag is on for.", "flag", shares)
        try:
            async with self._database.connection() as connection:
                now = await standing.read(connection)
                look = await looks.read(connection)
                rollout = await newest(connection)
            product = await self._product.read()
        except Unavailable:
            return [_one("stagedoor_database_up", "The database answers.", 0), flags]
        up = _one("stagedoor_database_up", "The database answers.", 1)
        return [up, flags, *_standing(now), *_guard(look, rollout), *_funnels(product), *_people(product)]


class _Given(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _own() -> bytes:
    """What this process counted; of several workers behind one port, all together."""
    if SHARED_DIR not in os.environ:
        return generate_latest(REGISTRY)
    _forget_the_dead(Path(os.environ[SHARED_DIR]))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _forget_the_dead(folder: Path) -> None:
    """What only the living have, such as a pool, counts no more of a worker that ended; what it counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            file.unlink(missing_ok=True)


def _share(flags: FeatureFlags, key: str) -> float:
    override = flags.override(key)
    if override is not None and override.targeted:
        return override.percentage / 100
    return 1.0 if flags.is_on(key) else 0.0


def _standing(now: Standing) -> list[Metric]:
    states = {state: now.in_progress.get(state, 0) for state in ("ringing", "connecting", "active", "reconnecting")}
    return [
        _gauge("stagedoor_calls_in_progress", "Calls that ring or run.", "state", states),
        _one("stagedoor_events_waiting_seconds", "Age of the oldest undelivered event.", now.unpublished_seconds),
        _one("stagedoor_calls_overdue_seconds", "How long the most overdue call has waited.", now.overdue_seconds),
        _one("stagedoor_database_sessions_active", "Sessions at work in this database.", now.active_sessions),
        _one("stagedoor_database_sessions", "Sessions open in this database.", now.sessions),
        _one("stagedoor_database_sessions_most", "Sessions that the server allows.", now.sessions_most),
        _one("stagedoor_servers", "Server processes that are alive.", sum(now.releases.values())),
        *(
            [_one("stagedoor_backup_age_seconds", "Age of the last proven backup.", now.backup_age_seconds)]
            if now.backup_age_seconds is not None
            else []
        ),
    ]


def _guard(look: Look | None, rollout: Rollout | None) -> list[Metric]:
    running = rollout is not None and rollout.state == "running"
    position = rollout.position if rollout is not None and running else 0
    families: list[Metric] = [
        _one("stagedoor_rollout_step", "The step of the roll-out under way; 0 without one.", position)
    ]
    if look is not None:
        words = {word: float(look.verdict == word) for word in ("go", "hold", "abort")}
        families.append(_gauge("stagedoor_guard_verdict", "What the guard last said.", "verdict", words))
        families.append(_one("stagedoor_guard_age_seconds", "Since the guard last looked.", look.age_seconds))
        violations = "Violations that the last audit of the ledger found."
        families.append(_one("stagedoor_ledger_violations", violations, look.seen.violations))
    return families


_STEPS = ("rung", "accepted", "connected", "completed", "declined", "missed", "cancelled", "failed")
_FIGURES = {
    "answer_rate": ("stagedoor_answer_ratio", "Accepted of the calls that rang to an end."),
    "connect_rate": ("stagedoor_connect_ratio", "Connected of the calls that were accepted."),
    "completion_rate": ("stagedoor_completion_ratio", "Ended by people or funds, of the calls that connected."),
    "tokens_per_call": ("stagedoor_tokens_per_call", "Tokens charged a connected call."),
    "call_tokens": ("stagedoor_call_tokens", "Tokens charged for calls."),
    "fee_tokens": ("stagedoor_fee_tokens", "The platform's share of them."),
    "creators_calling": ("stagedoor_creators_calling", "Creators who called."),
    "fans_accepting": ("stagedoor_fans_accepting", "Fans who accepted a call."),
}


def _funnels(product: Product) -> list[Metric]:
    funnel = GaugeMetricFamily(
        "stagedoor_funnel_calls", "Calls by how far they came, in the last hour, day, week.", labels=["window", "step"]
    )
    for window, figures in product.funnels.items():
        for step in _STEPS:
            funnel.add_metric([window, step], getattr(figures, step))
    families: list[Metric] = [funnel]
    for field, (name, says) in _FIGURES.items():
        values = {window: getattr(figures, field) for window, figures in product.funnels.items()}
        known = {window: value for window, value in values.items() if value is not None}
        families.append(_gauge(name, says, "window", known))
    return families


def _people(product: Product) -> list[Metric]:
    figures = {
        "stagedoor_callers_returning_ratio": ("Creators who called on two days of the week.", product.returning_rate),
        "stagedoor_privacy_adoption_ratio": ("Newcomers who set their privacy in 7 days.", product.adoption_rate),
        "stagedoor_abuse_ratio": ("Reports a rung call, over a week.", product.abuse_rate),
        "stagedoor_reports": ("Calls reported, over a week.", product.reports),
        "stagedoor_disputes": ("Calls disputed, over a week.", product.disputes),
        "stagedoor_blocks": ("Blocks in either direction, over a week.", product.blocks),
    }
    return [_one(name, says, value) for name, (says, value) in figures.items() if value is not None]


def _one(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)


def _gauge(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, says, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
