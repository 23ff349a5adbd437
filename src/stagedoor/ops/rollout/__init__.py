"""Roll-outs: phase by phase, each watched, each with its way back."""

from stagedoor.ops.rollout.entry import backup_age_seconds
from stagedoor.ops.rollout.phases import FLAGS, PHASES, RISKY
from stagedoor.ops.rollout.queries import Rollout, Step, newest
from stagedoor.ops.rollout.service import By, RolloutError, Rollouts
from stagedoor.ops.rollout.team import TeamMessages

__all__ = [
    "FLAGS", "PHASES", "RISKY", "By", "Rollout", "RolloutError", "Rollouts", "Step", "TeamMessages",
    "backup_age_seconds", "newest",
]  # fmt: skip
