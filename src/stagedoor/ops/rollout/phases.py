"""The phases of a roll-out, and the steps that a plan makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stagedoor.settings import Operations

Phase = Literal["database", "backend", "frontend", "mini_profiles", "calls", "share_cards"]
PHASES: tuple[Phase, ...] = ("database", "backend", "frontend", "mini_profiles", "calls", "share_cards")
CALL_PERCENTAGES = (1, 10, 50, 100)
RISKY = ("FEATURE_CALLS", "FEATURE_FAN_SHARE_CARD", "FEATURE_FAN_MINI_PROFILE")  # off until their phase comes
FLAGS: Mapping[Phase, str] = {
    "mini_profiles": "FEATURE_FAN_MINI_PROFILE",
    "calls": "FEATURE_CALLS",
    "share_cards": "FEATURE_FAN_SHARE_CARD",
}
TITLES: Mapping[Phase, str] = {
    "database": "Database only",
    "backend": "Backend, flags off",
    "frontend": "Front end",
    "mini_profiles": "Mini profiles",
    "calls": "Calls",
    "share_cards": "Share cards",
}


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step: wait so long after the one before, then watch so long. Seconds."""

    phase: Phase
    percentage: int | None
    wait_seconds: float
    watch_seconds: float


def planned_steps(rules: Operations, *, shorten: float = 1) -> list[PlannedStep]:
    """Every step in order, its times divided by `shorten`."""
    steps = []
    for phase in PHASES:
        watch = rules.watch_minutes[phase] * 60 / shorten
        wait = rules.stable_hours * 3600 / shorten if phase == "share_cards" else 0.0
        for percentage in CALL_PERCENTAGES if phase == "calls" else (None,):
            steps.append(PlannedStep(phase, percentage, wait, watch))
    return steps


def title(phase: Phase, percentage: int | None) -> str:
    return TITLES[phase] if percentage is None else f"{TITLES[phase]} for {percentage} %"
